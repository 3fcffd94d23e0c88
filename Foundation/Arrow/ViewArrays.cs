using System.Runtime.CompilerServices;
using System.Text;

namespace OrleansFlow.Arrow;

/// <summary>
/// Values of any number of bytes behind views of 16 bytes. A value of up to <see cref="InlineBytes"/> bytes lies in its view; a longer
/// one in one of the data buffers, and its view holds the first 4 bytes, the number of the buffer and the place in it.
/// </summary>
public abstract unsafe class BytesViewArray : ArrowArray
{
    /// <summary>Longest value that lies in its view: 12 bytes.</summary>
    public const int InlineBytes = 12;

    internal const int ViewBytes = 16;

    private readonly byte* _views;

    private protected BytesViewArray(ArrowArrayData data)
        : base(data) => _views = data.Buffers[1].Pointer;

    /// <summary>Number of data buffers.</summary>
    public int DataBufferCount => Data.Buffers.Length - 2;

    /// <summary>The bytes of a value; undefined for a null. Valid while a reference to the array is held.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The index is not below <see cref="ArrowArray.Length"/>.</exception>
    /// <exception cref="ArrowFormatException">The view points outside the data buffers.</exception>
    public ReadOnlySpan<byte> GetBytes(int index)
    {
        CheckIndex(index);
        var view = ViewAt(index);
        var length = *(int*)view;
        if ((uint)length <= InlineBytes)
        {
            return new ReadOnlySpan<byte>(view + 4, length);
        }

        var buffer = ((int*)view)[2];
        var start = ((int*)view)[3];
        if (length < 0 || buffer < 0 || buffer >= DataBufferCount || start < 0 || start > Data.Buffers[2 + buffer].Length - length)
        {
            throw new ArrowFormatException(
                $"{Type.Name}: value {index} has {length} bytes at {start} of data buffer {buffer}; there are {DataBufferCount} buffers{(buffer >= 0 && buffer < DataBufferCount ? $", that one has {Data.Buffers[2 + buffer].Length} bytes" : "")}.");
        }

        return new ReadOnlySpan<byte>(Data.Buffers[2 + buffer].Pointer + start, length);
    }

    /// <summary>The 16 bytes of a view as they are stored.</summary>
    internal ReadOnlySpan<byte> View(int index) => new(ViewAt(index), ViewBytes);

    private byte* ViewAt(int index) => _views + ((long)Offset + index) * ViewBytes;

    private protected override object? GetValueCore(int index) => GetBytes(index).ToArray();
}

/// <summary>UTF-8 text behind views.</summary>
public sealed class StringViewArray : BytesViewArray
{
    internal StringViewArray(ArrowArrayData data)
        : base(data)
    {
    }

    /// <summary>The UTF-8 bytes of a value; undefined for a null. Valid while a reference to the array is held.</summary>
    public ReadOnlySpan<byte> GetUtf8(int index) => GetBytes(index);

    /// <summary>The value; null for a null. Bytes that are not UTF-8 become U+FFFD.</summary>
    public string? GetString(int index) => IsValid(index) ? Encoding.UTF8.GetString(GetBytes(index)) : null;

    private protected override object? GetValueCore(int index) => Encoding.UTF8.GetString(GetBytes(index));
}

/// <summary>Bytes behind views.</summary>
public sealed class BinaryViewArray : BytesViewArray
{
    internal BinaryViewArray(ArrowArrayData data)
        : base(data)
    {
    }
}

/// <summary>Lists that each have an offset and a size of their own, so they may share items and come in any order.</summary>
public sealed unsafe class ListViewArray : ArrowArray
{
    private readonly bool _isLarge;
    private readonly byte* _offsets;
    private readonly byte* _sizes;

    internal ListViewArray(ArrowArrayData data)
        : base(data)
    {
        _isLarge = ((ListViewType)data.Type).IsLarge;
        _offsets = data.Buffers[1].Pointer;
        _sizes = data.Buffers[2].Pointer;
    }

    /// <summary>The items of all lists, also of those before a slice. Owned by this array.</summary>
    public ArrowArray Items => Data.Children[0];

    /// <summary>Where the items of a list lie in <see cref="Items"/>.</summary>
    /// <exception cref="ArrowFormatException">Offset or size of this list point outside the items.</exception>
    public (int Start, int Length) GetRange(int index)
    {
        CheckIndex(index);
        var at = (long)Offset + index;
        var (start, length) = _isLarge ? (((long*)_offsets)[at], ((long*)_sizes)[at]) : (((int*)_offsets)[at], ((int*)_sizes)[at]);
        if (start < 0 || length < 0 || start > Items.Length - length)
        {
            throw new ArrowFormatException($"{Type.Name}: list {index} has {length} items at {start} of {Items.Length}.");
        }

        return ((int)start, (int)length);
    }

    /// <summary>The items of one list as a slice without a copy; the caller disposes it.</summary>
    public ArrowArray GetItems(int index)
    {
        var (start, length) = GetRange(index);
        return Items.Slice(start, length);
    }

    private protected override object? GetValueCore(int index)
    {
        var (start, length) = GetRange(index);
        var values = new object?[length];
        for (var i = 0; i < length; i++)
        {
            values[i] = Items.GetValue(start + i);
        }

        return values;
    }
}

/// <summary>Values that are stored once for each run of equal ones. Nulls are in <see cref="Values"/>.</summary>
public sealed unsafe class RunEndEncodedArray : ArrowArray
{
    private readonly byte* _ends;
    private readonly int _endWidth;

    internal RunEndEncodedArray(ArrowArrayData data)
        : base(data)
    {
        var ends = data.Children[0].Data;
        _endWidth = ends.Type.FixedBitWidth / 8;
        _ends = ends.Buffers[1].Pointer + (ends.Length == 0 ? 0 : (long)ends.Offset * _endWidth);
    }

    /// <summary>
    /// Where each run ends, counted from the start of the array before slicing; 16, 32 or 64 bits. Owned by this array.
    /// </summary>
    public ArrowArray RunEnds => Data.Children[0];

    /// <summary>One value for each run. Owned by this array.</summary>
    public ArrowArray Values => Data.Children[1];

    /// <summary>The run that a value belongs to, which is its place in <see cref="Values"/>. O(log runs).</summary>
    /// <exception cref="ArrowFormatException">The run ends do not reach the value.</exception>
    public int FindRun(int index)
    {
        CheckIndex(index);
        var position = (long)Offset + index;
        var low = 0;
        var high = RunEnds.Length;
        while (low < high)
        {
            var middle = low + (high - low) / 2;
            if (EndOf(middle) > position)
            {
                high = middle;
            }
            else
            {
                low = middle + 1;
            }
        }

        return low < RunEnds.Length && low < Values.Length
            ? low
            : throw new ArrowFormatException($"{Type.Name}: the {RunEnds.Length} runs end before value {position}.");
    }

    /// <inheritdoc/>
    public override bool IsValid(int index) => Values.IsValid(FindRun(index));

    /// <summary>The values themselves, each as often as its run is long; the caller disposes the result. O(length).</summary>
    /// <param name="allocator">Where the memory comes from; null for <see cref="ArrowAllocator.Default"/>.</param>
    public ArrowArray Decode(ArrowAllocator? allocator = null)
    {
        var rows = new int[Length];
        var run = Length == 0 ? 0 : FindRun(0);
        for (var i = 0; i < rows.Length; i++)
        {
            while (EndOf(run) <= (long)Offset + i)
            {
                run++;
                if (run >= RunEnds.Length || run >= Values.Length)
                {
                    throw new ArrowFormatException($"{Type.Name}: the {RunEnds.Length} runs end before value {Offset + i}.");
                }
            }

            rows[i] = run;
        }

        return ArrowTake.Take(Values, rows, allocator);
    }

    /// <summary>End of a run, counted from the start of the array before slicing.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal long EndOf(int run) => _endWidth switch
    {
        2 => ((short*)_ends)[run],
        4 => ((int*)_ends)[run],
        _ => ((long*)_ends)[run],
    };

    private protected override object? GetValueCore(int index) => Values.GetValue(FindRun(index));
}
