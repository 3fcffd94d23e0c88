using System.Runtime.CompilerServices;
using OrleansFlow.Arrow;

namespace OrleansFlow.Streaming.Aggregation;

/// <summary>The smallest or greatest values of numbers, times and bools.</summary>
internal static class ExtremeAccumulator
{
    /// <summary>The states for values of a type.</summary>
    /// <exception cref="NotSupportedException">Values of the type have no order here; the message names it.</exception>
    public static Accumulator Create(int argument, ArrowType type, bool isMax) => type switch
    {
        BooleanType => new BooleanExtremeAccumulator(argument, isMax),
        IntegerType { FixedBitWidth: 8, IsSigned: true } => new ExtremeAccumulator<sbyte>(argument, type, isMax),
        IntegerType { FixedBitWidth: 8 } => new ExtremeAccumulator<byte>(argument, type, isMax),
        IntegerType { FixedBitWidth: 16, IsSigned: true } => new ExtremeAccumulator<short>(argument, type, isMax),
        IntegerType { FixedBitWidth: 16 } => new ExtremeAccumulator<ushort>(argument, type, isMax),
        IntegerType { FixedBitWidth: 32, IsSigned: false } => new ExtremeAccumulator<uint>(argument, type, isMax),
        IntegerType { FixedBitWidth: 64, IsSigned: false } => new ExtremeAccumulator<ulong>(argument, type, isMax),
        FloatingPointType { FixedBitWidth: 16 } => new ExtremeAccumulator<Half>(argument, type, isMax),
        FloatingPointType { FixedBitWidth: 32 } => new ExtremeAccumulator<float>(argument, type, isMax),
        FloatingPointType => new ExtremeAccumulator<double>(argument, type, isMax),
        IntegerType or DateType or TimeType or TimestampType or DurationType or DecimalType when type.FixedBitWidth == 32 => new ExtremeAccumulator<int>(argument, type, isMax),
        IntegerType or DateType or TimeType or TimestampType or DurationType or DecimalType when type.FixedBitWidth == 64 => new ExtremeAccumulator<long>(argument, type, isMax),
        DecimalType { FixedBitWidth: 128 } => new ExtremeAccumulator<Int128>(argument, type, isMax),
        _ when ArrowBytes.IsSupported(type) => new BytesExtremeAccumulator(argument, type, isMax),
        _ => throw new NotSupportedException($"Values of {type.Name} have no smallest and no greatest one here."),
    };
}

/// <summary>The smallest or greatest values of a column of .NET values.</summary>
/// <typeparam name="T">Of one value.</typeparam>
/// <param name="argument">Place of the column.</param>
/// <param name="type">Its type.</param>
/// <param name="isMax">Whether the greatest one is wanted.</param>
internal sealed class ExtremeAccumulator<T>(int argument, ArrowType type, bool isMax) : Accumulator
    where T : unmanaged, IComparable<T>
{
    private State[] _states = [];

    public override IReadOnlyList<ArrowType> PartialTypes { get; } = [type];

    public override long ByteCount => (long)_states.Length * Unsafe.SizeOf<State>();

    public override void Reserve(int count)
    {
        if (_states.Length < count)
        {
            HugePages.Resize(ref _states, Math.Max(count, _states.Length * 2));
        }
    }

    public override void Add(RecordBatch batch, ReadOnlySpan<int> groups) => Take((PrimitiveArray<T>)batch.Column(argument), groups);

    public override void Merge(ReadOnlySpan<ArrowArray> partial, ReadOnlySpan<int> groups) => Take((PrimitiveArray<T>)partial[0], groups);

    public override void Reset(ReadOnlySpan<int> groups)
    {
        foreach (var group in groups)
        {
            if (group >= 0)
            {
                _states[group] = default;
            }
        }
    }

    public override void Clear() => Array.Clear(_states);

    public override void WritePartial(ReadOnlySpan<int> groups, ReadOnlySpan<ArrowArrayBuilder> builders) => WriteResult(groups, builders[0]);

    public override void WriteResult(ReadOnlySpan<int> groups, ArrowArrayBuilder builder)
    {
        var target = (PrimitiveBuilder<T>)builder;
        foreach (var group in groups)
        {
            if (_states[group].HasValue)
            {
                target.Append(_states[group].Value);
            }
            else
            {
                target.AppendNull();
            }
        }
    }

    private void Take(PrimitiveArray<T> array, ReadOnlySpan<int> groups)
    {
        var values = array.Values;
        var (states, hasNulls) = (_states, array.MayHaveNulls);
        for (var row = 0; row < groups.Length; row++)
        {
            if (groups[row] >= 0 && (!hasNulls || array.IsValid(row)))
            {
                ref var state = ref states[groups[row]];
                if (!state.HasValue || (isMax ? IsBelow(state.Value, values[row]) : IsBelow(values[row], state.Value)))
                {
                    (state.Value, state.HasValue) = (values[row], true);
                }
            }
        }
    }

    // .NET takes NaN for the smallest of all, SQL for the greatest.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static bool IsBelow(T left, T right)
    {
        if (typeof(T) == typeof(double) && (double.IsNaN((double)(object)left) || double.IsNaN((double)(object)right)))
        {
            return !double.IsNaN((double)(object)left);
        }

        if (typeof(T) == typeof(float) && (float.IsNaN((float)(object)left) || float.IsNaN((float)(object)right)))
        {
            return !float.IsNaN((float)(object)left);
        }

        if (typeof(T) == typeof(Half) && (Half.IsNaN((Half)(object)left) || Half.IsNaN((Half)(object)right)))
        {
            return !Half.IsNaN((Half)(object)left);
        }

        return left.CompareTo(right) < 0;
    }

    private struct State
    {
        public T Value;
        public bool HasValue;
    }
}
