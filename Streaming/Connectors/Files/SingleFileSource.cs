using System.Text;
using Google.Protobuf;
using OrleansFlow.Errors;
using OrleansFlow.Protocol.Streaming.Connectors.V1;
using OrleansFlow.Streaming.Dataflow;
using OrleansFlow.Streaming.Formats;
using OrleansFlow.Streaming.Operators;
using OrleansFlow.Streaming.State;

namespace OrleansFlow.Streaming.Connectors.Files;

/// <summary>The rows of one file, in their order, each once: subtask 0 reads it, and its place is part of each checkpoint. It ends with the file.</summary>
/// <param name="config">Which file, and how it is written.</param>
public sealed class SingleFileSource(FileSourceConfig config) : StreamSource
{
    /// <summary>Kind in programs.</summary>
    public const string Kind = "single_file_source";

    private IGlobalTable? _table;
    private FilePosition _position = new();
    private FileRows? _rows;
    private BadRecords? _bad;

    /// <inheritdoc/>
    public override async ValueTask StartAsync(OperatorContext context, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(context);
        var schema = context.OutputSchema;
        if (config.Path.Length == 0 || config.Format is null || schema is null || schema.Fields.Count == 0)
        {
            throw new FlowException(FlowErrorCode.BadGraph, $"The single file source '{context.OperatorId}' needs a path, a format and columns.");
        }

        _table = await context.State.OpenGlobalAsync("f", 1, cancellationToken);
        if (context.SubtaskIndex > 0)
        {
            return;
        }

        _position = _table.TryGet(Key, out var stored) ? FilePosition.Parser.ParseFrom(stored.Span) : new FilePosition { Path = config.Path };
        _bad = new BadRecords(context.OperatorId, config.Format.DropsBadData, context.Clock);
        if (!_position.IsDone)
        {
            _rows = await FileRows.OpenWithMetadataAsync(config.Path, _position.Position, config.Format, config.Metadata, schema, _bad, context, cancellationToken);
        }
    }

    /// <inheritdoc/>
    public override async Task<SourceEnd> RunAsync(SourceContext context, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(context);
        while (_rows is { } rows)
        {
            if (await context.PollAsync(cancellationToken) is { } end)
            {
                return end;
            }

            var batch = await rows.ReadAsync(cancellationToken);
            (_position.Position, _position.IsDone) = (rows.Position, batch is null);
            await _bad!.TellAsync(context.Operator.ReportErrorAsync, cancellationToken);
            if (batch is null)
            {
                break;
            }

            await context.EmitAsync(batch, cancellationToken);
        }

        return SourceEnd.Final;
    }

    /// <inheritdoc/>
    public override ValueTask OnBarrierAsync(CheckpointBarrier barrier, IOperatorOutput output, CancellationToken cancellationToken)
    {
        if (_position.Path.Length > 0)
        {
            _table!.Put(Key, _position.ToByteArray());
        }

        return ValueTask.CompletedTask;
    }

    /// <inheritdoc/>
    public override async ValueTask DisposeAsync()
    {
        if (_rows is { } rows)
        {
            _rows = null;
            await rows.DisposeAsync();
        }

        await base.DisposeAsync();
    }

    private byte[] Key => Encoding.UTF8.GetBytes(config.Path);
}
