using System.Numerics;
using System.Text;
using System.Text.Unicode;

namespace OrleansFlow.Arrow;

/// <summary>Checks what arrays from outside refer to: offsets, dictionary indices, union codes, null counts, text. O(rows).</summary>
public static unsafe class ArrowValidator
{
    /// <summary>Says what is wrong with the values of an array and its children; null when nothing is.</summary>
    /// <param name="array">An array whose sizes are already known to be right.</param>
    /// <param name="checkUtf8">Whether text must be UTF-8: O(bytes).</param>
    /// <param name="checkDictionaries">Whether the values of dictionaries are checked too; false where they were checked when they came.</param>
    public static string? FindDefect(ArrowArray array, bool checkUtf8 = true, bool checkDictionaries = true)
    {
        ArgumentNullException.ThrowIfNull(array);
        if (FindOwnDefect(array, checkUtf8) is { } own)
        {
            return own;
        }

        foreach (var child in array.Data.Children)
        {
            if (FindDefect(child, checkUtf8, checkDictionaries) is { } defect)
            {
                return defect;
            }
        }

        return checkDictionaries && array.Data.Dictionary is { } dictionary ? FindDefect(dictionary, checkUtf8, checkDictionaries) : null;
    }

    /// <summary>Says what is wrong with sizes, the types of children and the ends of offsets; null when nothing is. O(children).</summary>
    internal static string? FindOuterDefect(ArrowArray array)
    {
        var data = array.Data;
        if (ArrowLayout.FindDefect(data) is { } defect)
        {
            return defect;
        }

        for (var i = 0; i < data.Children.Length; i++)
        {
            if (!data.Children[i].Type.Equals(data.Type.Children[i].Type))
            {
                return $"{data.Type.Name}: child {i} is {data.Children[i].Type.Name}, not {data.Type.Children[i].Type.Name}.";
            }
        }

        if (data.Type is DictionaryType encoded && !data.Dictionary!.Type.Equals(encoded.ValueType))
        {
            return $"{data.Type.Name}: the dictionary holds {data.Dictionary.Type.Name}.";
        }

        return FindOuterOffsetDefect(array) ?? data.Children.Select(FindOuterDefect).FirstOrDefault(found => found is not null)
            ?? (data.Dictionary is { } dictionary ? FindOuterDefect(dictionary) : null);
    }

    internal static void Throw(string? defect)
    {
        if (defect is not null)
        {
            throw new ArrowFormatException(defect);
        }
    }

    private static string? FindOuterOffsetDefect(ArrowArray array)
    {
        if (array.Length == 0)
        {
            return null;
        }

        var (first, last, limit) = array switch
        {
            VariableBinaryArray bytes => (bytes.Range(0).Start, bytes.Range(array.Length - 1).End, array.Data.Buffers[2].Length),
            VariableListArray lists => (lists.Range(0).Start, lists.Range(array.Length - 1).End, lists.Items.Length),
            _ => (0, 0, 0),
        };
        return first < 0 || last < first || last > limit ? $"{array.Type.Name}: the offsets run from {first} to {last} of {limit}." : null;
    }

    private static string? FindOwnDefect(ArrowArray array, bool checkUtf8)
    {
        var data = array.Data;
        if (ArrowLayout.HasValidity(data.Type) && data.NullCount >= 0 && !data.Buffers[0].IsEmpty && array.Length > 0)
        {
            var nulls = array.Length - ArrowBitmap.CountOnes(data.Buffers[0].Span, data.Offset, data.Length);
            if (nulls != data.NullCount)
            {
                return $"{data.Type.Name}: {data.NullCount} nulls are claimed, the bitmap has {nulls}.";
            }
        }

        if (data.Length == 0)
        {
            return null;
        }

        return array switch
        {
            VariableBinaryArray text => FindOffsetDefect(data, data.Buffers[2].Length)
                ?? (checkUtf8 && array is TextArray ? FindTextDefect(text) : null),
            VariableListArray list => FindOffsetDefect(data, list.Items.Length),
            DictionaryArray dictionary => FindIndexDefect(dictionary),
            UnionArray union => FindUnionDefect(union),
            BytesViewArray views => ViewValidator.FindDefect(views, checkUtf8),
            ListViewArray lists => ViewValidator.FindDefect(lists),
            RunEndEncodedArray runs => ViewValidator.FindDefect(runs),
            _ => null,
        };
    }

    private static string? FindOffsetDefect(ArrowArrayData data, long limit)
    {
        var defect = ArrowLayout.OffsetWidth(data.Type) == 8
            ? FindOffsetDefect(new ReadOnlySpan<long>((long*)data.Buffers[1].Pointer + data.Offset, data.Length + 1), limit)
            : FindOffsetDefect(new ReadOnlySpan<int>((int*)data.Buffers[1].Pointer + data.Offset, data.Length + 1), (int)Math.Min(limit, int.MaxValue));
        return defect is null ? null : $"{data.Type.Name}: {defect}";
    }

    private static string? FindOffsetDefect<T>(ReadOnlySpan<T> offsets, T limit)
        where T : unmanaged, IBinaryInteger<T>
    {
        // Any decrease turns a difference negative, so one sign test at the end covers all rows.
        var signs = offsets[0];
        var i = 1;
        if (Vector.IsHardwareAccelerated)
        {
            var sum = Vector<T>.Zero;
            for (; i + Vector<T>.Count <= offsets.Length; i += Vector<T>.Count)
            {
                var before = new Vector<T>(offsets[(i - 1)..]);
                var after = new Vector<T>(offsets[i..]);
                sum |= Vector.LessThan(after, before);
            }

            signs |= Vector.EqualsAll(sum, Vector<T>.Zero) ? T.Zero : NegativeOne<T>();
        }

        for (; i < offsets.Length; i++)
        {
            signs |= offsets[i] < offsets[i - 1] ? NegativeOne<T>() : T.Zero;
        }

        if (signs < T.Zero)
        {
            return "the offsets decrease or are negative.";
        }

        return offsets[^1] > limit ? $"the last offset is {offsets[^1]}, there are {limit}." : null;
    }

    private static T NegativeOne<T>()
        where T : IBinaryInteger<T> => T.Zero - T.One;

    private static string? FindTextDefect(VariableBinaryArray text)
    {
        var (start, _) = text.Range(0);
        var (_, end) = text.Range(text.Length - 1);
        var all = text.Data.Buffers[2].Slice(start, end - start).Span;
        if (Ascii.IsValid(all))
        {
            return null;
        }

        for (var i = 0; i < text.Length; i++)
        {
            if (text.IsValid(i) && !Utf8.IsValid(text.GetBytes(i)))
            {
                return $"{text.Type.Name}: value {i} is not UTF-8.";
            }
        }

        return null;
    }

    private static string? FindIndexDefect(DictionaryArray array)
    {
        var limit = array.Dictionary.Length;
        for (var i = 0; i < array.Length; i++)
        {
            if (array.IsValid(i) && array.IsIndexOutside(i, limit))
            {
                return $"{array.Type.Name}: the index of value {i} lies outside a dictionary of {limit}.";
            }
        }

        return null;
    }

    private static string? FindUnionDefect(UnionArray array)
    {
        try
        {
            for (var i = 0; i < array.Length; i++)
            {
                array.Locate(i);
            }

            return null;
        }
        catch (ArrowFormatException exception)
        {
            return exception.Message;
        }
    }
}
