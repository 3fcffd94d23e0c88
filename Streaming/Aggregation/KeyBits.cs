using System.Numerics;
using System.Runtime.InteropServices;
using OrleansFlow.Arrow;

namespace OrleansFlow.Streaming.Aggregation;

/// <summary>Values of at most 64 bits as their bits, and back. Equal keys have equal bits.</summary>
internal static class KeyBits
{
    /// <summary>Whether values of a type fit.</summary>
    public static bool IsSupported(ArrowType type) =>
        type is BooleanType or IntegerType or FloatingPointType or DateType or TimeType or TimestampType or DurationType
        || type is DecimalType { FixedBitWidth: <= 64 };

    /// <summary>The bits where they lie in the array as they are; empty where they do not.</summary>
    public static ReadOnlySpan<ulong> TryGet(ArrowArray array) => array switch
    {
        PrimitiveArray<long> values => MemoryMarshal.Cast<long, ulong>(values.Values),
        PrimitiveArray<ulong> values => values.Values,
        _ => default,
    };

    /// <summary>Fills in the bits of each value; those of nulls mean nothing.</summary>
    public static void Fill(ArrowArray array, Span<ulong> bits)
    {
        switch (array)
        {
            case BooleanArray values:
                for (var i = 0; i < bits.Length; i++)
                {
                    bits[i] = values.IsValid(i) && values.GetBoolean(i) ? 1UL : 0;
                }

                break;
            case DoubleArray values:
                for (var i = 0; i < bits.Length; i++)
                {
                    bits[i] = OfDouble(values.Values[i]);
                }

                break;
            case FloatArray values:
                for (var i = 0; i < bits.Length; i++)
                {
                    bits[i] = OfDouble(values.Values[i]);
                }

                break;
            case HalfArray values:
                for (var i = 0; i < bits.Length; i++)
                {
                    bits[i] = OfDouble((double)values.Values[i]);
                }

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
            default:
                throw new NotSupportedException($"{array.Type.Name} is no key of 64 bits.");
        }
    }

    /// <summary>Appends a value to a builder of its type.</summary>
    public static void Append(ArrowArrayBuilder builder, ulong bits)
    {
        switch (builder)
        {
            case BooleanBuilder target:
                target.Append(bits != 0);
                break;
            case DoubleBuilder target:
                target.Append(BitConverter.UInt64BitsToDouble(bits));
                break;
            case FloatBuilder target:
                target.Append((float)BitConverter.UInt64BitsToDouble(bits));
                break;
            case HalfBuilder target:
                target.Append((Half)BitConverter.UInt64BitsToDouble(bits));
                break;
            case PrimitiveBuilder<long> target:
                target.Append((long)bits);
                break;
            case PrimitiveBuilder<ulong> target:
                target.Append(bits);
                break;
            case PrimitiveBuilder<int> target:
                target.Append((int)bits);
                break;
            case PrimitiveBuilder<uint> target:
                target.Append((uint)bits);
                break;
            case PrimitiveBuilder<short> target:
                target.Append((short)bits);
                break;
            case PrimitiveBuilder<ushort> target:
                target.Append((ushort)bits);
                break;
            case PrimitiveBuilder<sbyte> target:
                target.Append((sbyte)bits);
                break;
            case PrimitiveBuilder<byte> target:
                target.Append((byte)bits);
                break;
            default:
                throw new NotSupportedException($"{builder.Type.Name} is no key of 64 bits.");
        }
    }

    private static ulong OfDouble(double value) => BitConverter.DoubleToUInt64Bits(value == 0 ? 0.0 : double.IsNaN(value) ? double.NaN : value);

    private static void Widen<T>(ReadOnlySpan<T> values, Span<ulong> bits)
        where T : unmanaged, IBinaryInteger<T>
    {
        for (var i = 0; i < bits.Length; i++)
        {
            bits[i] = (ulong)long.CreateTruncating(values[i]);
        }
    }
}
