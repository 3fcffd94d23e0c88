using System.Numerics;
using System.Runtime.InteropServices;

namespace OrleansFlow.Arrow.Kernels;

/// <summary>The 64 bits that stand for each value; see <see cref="RowHash"/>.</summary>
internal static class HashBits
{
    private const ulong NotANumber = 0x7FF8_0000_0000_0000;

    /// <summary>The bits of every value where they lie in the array as they are; empty where they do not.</summary>
    public static ReadOnlySpan<ulong> TryGet(ArrowArray array) => array switch
    {
        { MayHaveNulls: true } => default,
        PrimitiveArray<long> values => MemoryMarshal.Cast<long, ulong>(values.Values),
        PrimitiveArray<ulong> values => values.Values,
        _ => default,
    };

    /// <summary>Fills in the bits of every value of an array.</summary>
    public static void Fill(ArrowArray array, Span<ulong> bits)
    {
        FillValues(array, bits);
        if (array is NullArray)
        {
            bits.Fill(RowHash.NullBits);
        }
        else if (array.MayHaveNulls)
        {
            FillNulls(array, bits);
        }
    }

    private static void FillNulls(ArrowArray array, Span<ulong> bits)
    {
        if (array is DictionaryArray or RunEndEncodedArray or UnionArray)
        {
            // Their nulls are also those of the values that they refer to.
            for (var i = 0; i < bits.Length; i++)
            {
                bits[i] = array.IsValid(i) ? bits[i] : RowHash.NullBits;
            }

            return;
        }

        var validity = array.Validity;
        for (var row = 0; row < bits.Length && !validity.IsEmpty; row += 64)
        {
            var count = Math.Min(64, bits.Length - row);
            var nulls = ~ArrowBitmap.Load(validity, array.Offset + row, count);
            for (nulls &= ulong.MaxValue >> (64 - count); nulls != 0; nulls &= nulls - 1)
            {
                bits[row + BitOperations.TrailingZeroCount(nulls)] = RowHash.NullBits;
            }
        }
    }

    /// <summary>What stands at the place of a null is overwritten afterwards, so it may be anything, but must not fail.</summary>
    private static void FillValues(ArrowArray array, Span<ulong> bits)
    {
        switch (array)
        {
            case NullArray:
                break;
            case BooleanArray values:
                Each(values, bits, static (source, i) => source.GetBoolean(i) ? 1UL : 0);
                break;
            case DoubleArray values:
                Each(values, bits, static (source, i) => OfDouble(source.At(i)));
                break;
            case FloatArray values:
                Each(values, bits, static (source, i) => OfDouble(source.At(i)));
                break;
            case HalfArray values:
                Each(values, bits, static (source, i) => OfDouble((double)source.At(i)));
                break;
            case PrimitiveArray<long> values:
                MemoryMarshal.Cast<long, ulong>(values.Values).CopyTo(bits);
                break;
            case PrimitiveArray<ulong> values:
                values.Values.CopyTo(bits);
                break;
            case PrimitiveArray<int> values:
                Widen(values.Values, bits);
                break;
            case PrimitiveArray<uint> values:
                Widen(values.Values, bits);
                break;
            case PrimitiveArray<short> values:
                Widen(values.Values, bits);
                break;
            case PrimitiveArray<ushort> values:
                Widen(values.Values, bits);
                break;
            case PrimitiveArray<sbyte> values:
                Widen(values.Values, bits);
                break;
            case PrimitiveArray<byte> values:
                Widen(values.Values, bits);
                break;
            case VariableBinaryArray values:
                for (var i = 0; i < bits.Length; i++)
                {
                    bits[i] = XxHash64.Compute(values.GetBytes(i));
                }

                break;
            case BytesViewArray values:
                Each(values, bits, static (source, i) => source.IsValid(i) ? XxHash64.Compute(source.GetBytes(i)) : 0);
                break;
            default:
                FillNested(array, bits);
                break;
        }
    }

    private static void FillNested(ArrowArray array, Span<ulong> bits)
    {
        switch (array)
        {
            case DictionaryArray values:
                FillFrom(values.Dictionary, values, static (source, i) => (int)source.GetIndex(i), bits);
                break;
            case RunEndEncodedArray values:
                FillFrom(values.Values, values, static (source, i) => source.FindRun(i), bits);
                break;
            case UnionArray values:
                FillUnion(values, bits);
                break;
            case StructArray values:
                bits.Clear();
                for (var i = 0; i < values.FieldCount; i++)
                {
                    RowHash.Add(values.Field(i), bits);
                }

                break;
            case VariableListArray values:
                FillLists(values.Items, values, static (source, i) => source.GetRange(i), bits);
                break;
            case ListViewArray values:
                FillLists(values.Items, values, static (source, i) => source.GetRange(i), bits);
                break;
            case FixedSizeListArray values:
                FillLists(values.Items, values, static (source, i) => source.GetRange(i), bits);
                break;
            default:
                FillWide(array, bits);
                break;
        }
    }

    private static unsafe void FillWide(ArrowArray array, Span<ulong> bits)
    {
        var width = array.Type.FixedBitWidth / 8;
        var from = array.Data.Buffers[1].Pointer + (array.Length == 0 ? 0 : (long)array.Offset * width);
        for (var i = 0; i < bits.Length; i++)
        {
            bits[i] = XxHash64.Compute(new ReadOnlySpan<byte>(from + (long)i * width, width));
        }
    }

    private static ulong OfDouble(double value) => double.IsNaN(value) ? NotANumber : BitConverter.DoubleToUInt64Bits(value + 0.0);

    /// <summary>Integers of any width as signed, or unsigned, ones of 64 bits. The JIT makes a loop for each type.</summary>
    private static void Widen<T>(ReadOnlySpan<T> values, Span<ulong> bits)
        where T : unmanaged, IBinaryInteger<T>
    {
        for (var i = 0; i < bits.Length; i++)
        {
            bits[i] = ulong.CreateTruncating(values[i]);
        }
    }

    private static void Each<TArray>(TArray array, Span<ulong> bits, Func<TArray, int, ulong> convert)
    {
        for (var i = 0; i < bits.Length; i++)
        {
            bits[i] = convert(array, i);
        }
    }

    private static void FillFrom<TArray>(ArrowArray values, TArray array, Func<TArray, int, int> place, Span<ulong> bits)
        where TArray : ArrowArray
    {
        var known = new ulong[values.Length];
        Fill(values, known);
        for (var i = 0; i < bits.Length; i++)
        {
            bits[i] = array.IsValid(i) ? known[place(array, i)] : RowHash.NullBits;
        }
    }

    private static void FillUnion(UnionArray array, Span<ulong> bits)
    {
        var known = new ulong[array.Data.Children.Length][];
        for (var i = 0; i < known.Length; i++)
        {
            known[i] = new ulong[array.Data.Children[i].Length];
            Fill(array.Data.Children[i], known[i]);
        }

        for (var i = 0; i < bits.Length; i++)
        {
            var (child, slot) = array.Locate(i);
            var value = known[child][slot];
            bits[i] = value == RowHash.NullBits && !array.IsValid(i) ? value : RowHash.Mix((ulong)child, value);
        }
    }

    private static void FillLists<TArray>(ArrowArray items, TArray array, Func<TArray, int, (int Start, int Length)> range, Span<ulong> bits)
        where TArray : ArrowArray
    {
        var known = new ulong[items.Length];
        Fill(items, known);
        for (var i = 0; i < bits.Length; i++)
        {
            if (array.IsValid(i))
            {
                var (start, length) = range(array, i);
                var hash = 0UL;
                foreach (var item in known.AsSpan(start, length))
                {
                    hash = RowHash.Mix(hash, item);
                }

                bits[i] = RowHash.Mix(hash, (ulong)length);
            }
        }
    }
}
