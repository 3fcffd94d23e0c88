using System.Buffers.Binary;
using OrleansFlow.Arrow;
using OrleansFlow.Streaming.Dataflow;
using OrleansFlow.Streaming.Operators;
using OrleansFlow.Streaming.State;

namespace OrleansFlow.Streaming.Connectors;

/// <summary>A source whose rows are made from the numbers 0, 1, 2, ..., each once over all subtasks, whatever the parallelism, also when it changes.</summary>
public abstract class NumberedSource : StreamSource
{
    private readonly string _tableName;
    private readonly double _rate;
    private readonly long _end;
    private IGlobalTable? _table;
    private List<ImpulseLane> _lanes = [];
    private long _startedAt;

    /// <summary>Makes one.</summary>
    /// <param name="tableName">Its table of state.</param>
    /// <param name="rate">Rows a second over all subtasks; 0: as fast as they are taken.</param>
    /// <param name="count">Rows over all subtasks; 0: without end.</param>
    private protected NumberedSource(string tableName, double rate, long count) => (_tableName, _rate, _end) = (tableName, rate, count > 0 ? count : long.MaxValue);

    /// <summary>Which subtask it is.</summary>
    private protected int Index { get; private set; }

    /// <summary>Event time of number 0.</summary>
    private protected long StartMicros { get; private set; }

    /// <summary>Restores what is left.</summary>
    private protected async ValueTask StartAsync(OperatorContext context, long? startMicros, CancellationToken cancellationToken)
    {
        Index = context.SubtaskIndex;
        _startedAt = context.Clock.GetTimestamp();
        StartMicros = startMicros ?? context.Clock.GetUtcNow().ToUnixTimeMilliseconds() * 1_000;
        _table = await context.State.OpenGlobalAsync(_tableName, 1, cancellationToken);
        var restored = new List<ImpulseLane>();
        var entries = _table.Entries.ToList();
        foreach (var (key, value) in entries)
        {
            StartMicros = Math.Min(StartMicros, BinaryPrimitives.ReadInt64LittleEndian(value.Span));
            for (var at = sizeof(long); at < value.Length; at += ImpulseLane.Bytes)
            {
                restored.Add(ImpulseLane.Read(value.Span[at..]));
            }

            // Each subtask puts its own entry anew with the next checkpoint; those of subtasks that are no more have to go.
            if (BinaryPrimitives.ReadInt32LittleEndian(key.Span) >= context.Parallelism)
            {
                _table.Remove(key.Span);
            }
        }

        _lanes = ImpulseLane.Share(entries.Count == 0 ? [new ImpulseLane(0, 1)] : restored, Index, context.Parallelism);
    }

    /// <inheritdoc/>
    public override async Task<SourceEnd> RunAsync(SourceContext context, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(context);
        var clock = context.Operator.Clock;
        var rate = _rate / context.Operator.Parallelism;
        var emitted = 0L;
        while (true)
        {
            if (await context.PollAsync(cancellationToken) is { } end)
            {
                return end;
            }

            _lanes.RemoveAll(lane => lane.Next >= _end);
            if (_lanes.Count == 0)
            {
                return SourceEnd.Final;
            }

            var allowed = rate == 0 ? long.MaxValue : (long)(clock.GetElapsedTime(_startedAt).TotalSeconds * rate) + 1 - emitted;
            if (allowed <= 0)
            {
                var due = TimeSpan.FromSeconds(emitted / rate) - clock.GetElapsedTime(_startedAt);
                if (await context.WaitAsync(due, cancellationToken) is { } told)
                {
                    return told;
                }

                continue;
            }

            emitted += AddNext(context.Rows, (int)Math.Min(allowed, context.RoomRows), clock);
            await context.RowsAddedAsync(cancellationToken);
        }
    }

    /// <inheritdoc/>
    public override ValueTask OnBarrierAsync(CheckpointBarrier barrier, IOperatorOutput output, CancellationToken cancellationToken)
    {
        var (key, value) = (new byte[sizeof(int)], new byte[sizeof(long) + (_lanes.Count * ImpulseLane.Bytes)]);
        BinaryPrimitives.WriteInt32LittleEndian(key, Index);
        BinaryPrimitives.WriteInt64LittleEndian(value, StartMicros);
        for (var i = 0; i < _lanes.Count; i++)
        {
            _lanes[i].Write(value.AsSpan(sizeof(long) + (i * ImpulseLane.Bytes)));
        }

        _table!.Put(key, value);
        return ValueTask.CompletedTask;
    }

    /// <summary>Adds the rows of some numbers.</summary>
    /// <param name="rows">Where they go.</param>
    /// <param name="first">The first number.</param>
    /// <param name="stride">From one to the next.</param>
    /// <param name="count">How many.</param>
    /// <param name="clock">The time of the machine.</param>
    private protected abstract void Add(RecordBatchBuilder rows, long first, long stride, int count, TimeProvider clock);

    /// <summary>Adds rows of the lane that is behind the others, up to where the next one would be behind it.</summary>
    private int AddNext(RecordBatchBuilder rows, int room, TimeProvider clock)
    {
        var (first, until) = (0, _end);
        for (var i = 1; i < _lanes.Count; i++)
        {
            until = Math.Min(until, Math.Max(_lanes[i].Next, _lanes[first].Next));
            first = _lanes[i].Next < _lanes[first].Next ? i : first;
        }

        var lane = _lanes[first];
        var count = (int)Math.Min(room, Math.Max(1, lane.CountBelow(until)));
        Add(rows, lane.Next, lane.Stride, count, clock);
        _lanes[first] = lane.Skip(count);
        return count;
    }
}
