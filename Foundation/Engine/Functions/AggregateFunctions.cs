using System.Runtime.CompilerServices;
using OrleansFlow.Engine.Native;

namespace OrleansFlow.Engine.Functions;

/// <summary>What all aggregates of one kind of state have in common.</summary>
internal abstract unsafe class AggregateFunction<TState, TResult>(string name, Type[] parameters, FunctionOptions? options)
    : AggregateFunction(name, parameters, typeof(TResult), options)
{
    protected override bool HoldsObjects => RuntimeHelpers.IsReferenceOrContainsReferences<TState>();

    protected override int StateBytes => HoldsObjects ? sizeof(nint) : Unsafe.SizeOf<TState>();

    protected override void Start(void* state) => Unsafe.InitBlockUnaligned(state, 0, (uint)StateBytes);

    protected override void Combine(void** sources, void** targets, int count)
    {
        for (var index = 0; index < count; index++)
        {
            TState none = default!;
            Combine(ref AggregateStates.Get<TState>(targets[index]), in AggregateStates.Peek(sources[index], ref none));
        }
    }

    protected override void Finish(void** states, nint result, int count, int first)
    {
        var results = new EngineColumnWriter<TResult>(result, first, count, Options);
        for (var index = 0; index < count; index++)
        {
            TState none = default!;
            results.Set(index, Finish(in AggregateStates.Peek(states[index], ref none)));
        }
    }

    protected abstract void Combine(ref TState state, in TState other);

    protected abstract TResult Finish(in TState state);
}

/// <summary>One argument.</summary>
internal sealed unsafe class AggregateFunction<TState, T1, TResult>(string name, IAggregate<TState, T1, TResult> aggregate, FunctionOptions? options)
    : AggregateFunction<TState, TResult>(name, [typeof(T1)], options)
{
    protected override void Add(nint input, void** states)
    {
        var first = new EngineColumn<T1>(DuckDb.DataChunkVector(input, 0), (int)DuckDb.DataChunkSize(input), Options);
        for (var row = 0; row < first.Count; row++)
        {
            if (!first.Skips(row))
            {
                aggregate.Add(ref AggregateStates.Get<TState>(states[row]), first.Get(row));
            }
        }
    }

    protected override void Combine(ref TState state, in TState other) => aggregate.Combine(ref state, in other);

    protected override TResult Finish(in TState state) => aggregate.Finish(in state);
}

/// <summary>Two arguments.</summary>
internal sealed unsafe class AggregateFunction<TState, T1, T2, TResult>(string name, IAggregate<TState, T1, T2, TResult> aggregate, FunctionOptions? options)
    : AggregateFunction<TState, TResult>(name, [typeof(T1), typeof(T2)], options)
{
    protected override void Add(nint input, void** states)
    {
        var count = (int)DuckDb.DataChunkSize(input);
        var first = new EngineColumn<T1>(DuckDb.DataChunkVector(input, 0), count, Options);
        var second = new EngineColumn<T2>(DuckDb.DataChunkVector(input, 1), count, Options);
        for (var row = 0; row < count; row++)
        {
            if (!first.Skips(row) && !second.Skips(row))
            {
                aggregate.Add(ref AggregateStates.Get<TState>(states[row]), first.Get(row), second.Get(row));
            }
        }
    }

    protected override void Combine(ref TState state, in TState other) => aggregate.Combine(ref state, in other);

    protected override TResult Finish(in TState state) => aggregate.Finish(in state);
}
