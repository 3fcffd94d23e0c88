using OrleansFlow.Arrow;
using OrleansFlow.Streaming.Dataflow;
using OrleansFlow.Streaming.Operators;
using OrleansFlow.Streaming.State;
using OrleansFlow.Tests.Streaming.Windows;

namespace OrleansFlow.Tests.Streaming.Sql;

/// <summary>Gives events out in small batches, from the place of the checkpoint; waits at a place for the checkpoint that stops it.</summary>
/// <param name="events">The events.</param>
/// <param name="isTimed">Whether their time is a column, too.</param>
/// <param name="stopAt">Where it waits; null: nowhere.</param>
/// <param name="reached">Told when it is there.</param>
internal sealed class EventsSource(WindowEvents events, bool isTimed, int? stopAt, TaskCompletionSource reached) : StreamSource
{
    public static readonly ArrowSchema Plain = WindowEvents.Schema;

    public static readonly ArrowSchema Timed = new([.. WindowEvents.Schema.Fields.Take(5), new ArrowField("ts", EventTime.Field.Type), EventTime.Field]);

    private const int BatchRows = 50;
    private static readonly byte[] Key = [1];
    private IGlobalTable? _table;
    private int _next;

    public override async ValueTask StartAsync(OperatorContext context, CancellationToken cancellationToken)
    {
        _table = await context.State.OpenGlobalAsync("s", 1, cancellationToken);
        _next = _table.TryGet(Key, out var value) ? BitConverter.ToInt32(value.Span) : 0;
    }

    public override ValueTask OnBarrierAsync(CheckpointBarrier barrier, IOperatorOutput output, CancellationToken cancellationToken)
    {
        _table!.Put(Key, BitConverter.GetBytes(_next));
        return ValueTask.CompletedTask;
    }

    public override async Task<SourceEnd> RunAsync(SourceContext context, CancellationToken cancellationToken)
    {
        while (_next < events.Count)
        {
            if (_next >= stopAt)
            {
                reached.TrySetResult();
                return (await context.WaitAsync(Timeout.InfiniteTimeSpan, cancellationToken))!.Value;
            }

            if (await context.PollAsync(cancellationToken) is { } end)
            {
                return end;
            }

            var rows = events.Batch(Enumerable.Range(_next, Math.Min(BatchRows, events.Count - _next)), context.Operator.Allocator);
            _next += rows.RowCount;
            await context.EmitAsync(isTimed ? WithTime(rows) : rows, cancellationToken);
        }

        return SourceEnd.Final;
    }

    private static RecordBatch WithTime(RecordBatch rows)
    {
        using (rows)
        {
            ArrowArray[] columns = [.. rows.Columns.Select(column => column.Retain()), rows.Column(5).Retain()];
            return new RecordBatch(Timed, columns, rows.RowCount);
        }
    }
}
