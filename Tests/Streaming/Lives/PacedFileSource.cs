using System.Buffers.Binary;
using OrleansFlow.Protocol.Streaming.Connectors.V1;
using OrleansFlow.Streaming.Connectors.Files;
using OrleansFlow.Streaming.Dataflow;
using OrleansFlow.Streaming.Formats;
using OrleansFlow.Streaming.Operators;
using OrleansFlow.Streaming.Sql.Planning;
using OrleansFlow.Streaming.Sql.Statements;
using OrleansFlow.Streaming.State;

namespace OrleansFlow.Tests.Streaming.Lives;

/// <summary>The rows of one file at <see cref="EventsSource.RowsPerSecond"/>, in few at a time, so that lives may end anywhere in it.</summary>
internal sealed class PacedFileSource(FileSourceConfig config) : StreamSource
{
    public const string Kind = "paced_file";

    private const int BatchRows = 20;

    private static readonly byte[] Key = [0];

    private IGlobalTable? _table;
    private FileRows? _rows;
    private long _given;
    private long _startedAt;

    public override async ValueTask StartAsync(OperatorContext context, CancellationToken cancellationToken)
    {
        _startedAt = context.Clock.GetTimestamp();
        _table = await context.State.OpenGlobalAsync("f", 1, cancellationToken);
        _given = _table.TryGet(Key, out var value) ? BinaryPrimitives.ReadInt64LittleEndian(value.Span) : 0;
        if (context.SubtaskIndex == 0)
        {
            var bad = new BadRecords(context.OperatorId, config.Format.DropsBadData, context.Clock);
            _rows = await FileRows.OpenWithMetadataAsync(config.Path, 0, config.Format, config.Metadata, context.OutputSchema!, bad, context, cancellationToken);
        }
    }

    public override async Task<SourceEnd> RunAsync(SourceContext context, CancellationToken cancellationToken)
    {
        var clock = context.Operator.Clock;
        var (before, at) = (_given, 0L);
        while (_rows is { } rows && await rows.ReadAsync(cancellationToken) is { } batch)
        {
            using (batch)
            {
                // What the life before gave is read again and passed over.
                for (var first = (int)Math.Clamp(before - at, 0, batch.RowCount); first < batch.RowCount;)
                {
                    if (await context.PollAsync(cancellationToken) is { } end)
                    {
                        return end;
                    }

                    var now = clock.GetTimestamp();
                    var due = clock.GetElapsedTime(_startedAt, now) - TimeSpan.FromSeconds((double)(_given - before) / EventsSource.RowsPerSecond);
                    if (due <= TimeSpan.Zero)
                    {
                        if (await context.WaitAsync(now, TimeSpan.FromMilliseconds(1) - due, cancellationToken) is { } told)
                        {
                            return told;
                        }

                        continue;
                    }

                    var count = Math.Min(BatchRows, batch.RowCount - first);
                    (first, _given) = (first + count, _given + count);
                    await context.EmitAsync(batch.Slice(first - count, count), cancellationToken);
                }

                at += batch.RowCount;
            }
        }

        return SourceEnd.Final;
    }

    public override ValueTask OnBarrierAsync(CheckpointBarrier barrier, IOperatorOutput output, CancellationToken cancellationToken)
    {
        if (_rows is not null)
        {
            var value = new byte[sizeof(long)];
            BinaryPrimitives.WriteInt64LittleEndian(value, _given);
            _table!.Put(Key, value);
        }

        return ValueTask.CompletedTask;
    }

    public override async ValueTask DisposeAsync()
    {
        if (_rows is { } rows)
        {
            await rows.DisposeAsync();
        }

        await base.DisposeAsync();
    }
}

/// <summary>The connector of one file, read at a pace.</summary>
/// <param name="plain">The one that it stands for.</param>
internal sealed class PacedFileConnector(StreamConnector plain) : StreamConnector
{
    public override string Name => plain.Name;

    public override IReadOnlyList<ConnectorOption> Options => plain.Options;

    public override IReadOnlyList<ConnectorMetadata> Metadata => plain.Metadata;

    public override StreamOperatorPlan Source(CreateTableStatement table, OrleansFlow.Arrow.ArrowSchema columns) => plain.Source(table, columns) with { Kind = PacedFileSource.Kind };

    public override StreamOperatorPlan Sink(CreateTableStatement table, OrleansFlow.Arrow.ArrowSchema columns) => plain.Sink(table, columns);

    public override StreamOperatorPlan Lookup(CreateTableStatement table, OrleansFlow.Arrow.ArrowSchema columns) => plain.Lookup(table, columns);
}
