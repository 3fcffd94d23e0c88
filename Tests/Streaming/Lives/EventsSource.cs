using System.Buffers.Binary;
using OrleansFlow.Arrow;
using OrleansFlow.Streaming.Dataflow;
using OrleansFlow.Streaming.Operators;
using OrleansFlow.Streaming.Sql.Planning;
using OrleansFlow.Streaming.Sql.Statements;
using OrleansFlow.Streaming.State;

namespace OrleansFlow.Tests.Streaming.Lives;

/// <summary>Gives the rows of an <see cref="EventTable"/> at <see cref="RowsPerSecond"/>, whatever the parallelism: row r belongs to lane r % 12, and lanes are shared out to subtasks.</summary>
internal sealed class EventsSource(EventTable events) : StreamSource
{
    public const string Kind = "events";

    public const int RowsPerSecond = 1_000;

    private const int Lanes = 12;
    private const int BatchRows = 20;

    private readonly int[] _next = new int[Lanes];
    private IGlobalTable? _table;
    private List<int> _own = [];
    private long _startedAt;

    public override async ValueTask StartAsync(OperatorContext context, CancellationToken cancellationToken)
    {
        _startedAt = context.Clock.GetTimestamp();
        _table = await context.State.OpenGlobalAsync("l", 1, cancellationToken);
        foreach (var (key, value) in _table.Entries.ToList())
        {
            _next[key.Span[0]] = BinaryPrimitives.ReadInt32LittleEndian(value.Span);
        }

        _own = [.. Enumerable.Range(0, Lanes).Where(lane => lane % context.Parallelism == context.SubtaskIndex)];
        _own.ForEach(lane => _next[lane] = Math.Max(_next[lane], lane));
    }

    public override async Task<SourceEnd> RunAsync(SourceContext context, CancellationToken cancellationToken)
    {
        var clock = context.Operator.Clock;
        var (emitted, rate) = (0L, (double)RowsPerSecond / context.Operator.Parallelism);
        while (true)
        {
            if (await context.PollAsync(cancellationToken) is { } end)
            {
                return end;
            }

            var lane = _own.MinBy(one => _next[one]);
            if (_next[lane] >= events.Count)
            {
                return SourceEnd.Final;
            }

            var now = clock.GetTimestamp();
            var due = clock.GetElapsedTime(_startedAt, now) - TimeSpan.FromSeconds(emitted / rate);
            if (due <= TimeSpan.Zero)
            {
                if (await context.WaitAsync(now, TimeSpan.FromMilliseconds(1) - due, cancellationToken) is { } told)
                {
                    return told;
                }

                continue;
            }

            // The lane that is behind the others gives a few rows: 20 of them are 2.4 s apart at most, and so much rows are late anyway.
            var rows = events.Take(context.Operator.OutputSchema!, _next[lane], Lanes, BatchRows, context.Operator.Allocator);
            _next[lane] += rows.RowCount * Lanes;
            emitted += rows.RowCount;
            await context.EmitAsync(rows, cancellationToken);
        }
    }

    public override ValueTask OnBarrierAsync(CheckpointBarrier barrier, IOperatorOutput output, CancellationToken cancellationToken)
    {
        foreach (var lane in _own)
        {
            var value = new byte[sizeof(int)];
            BinaryPrimitives.WriteInt32LittleEndian(value, _next[lane]);
            _table!.Put(new[] { (byte)lane }, value);
        }

        return ValueTask.CompletedTask;
    }
}

/// <summary>What the cases write as <c>connector = 'events'</c>.</summary>
internal sealed class EventsConnector : StreamConnector
{
    public override string Name => "events";

    public override StreamOperatorPlan Source(CreateTableStatement table, ArrowSchema columns) => new(EventsSource.Kind, null) { Schema = columns };
}
