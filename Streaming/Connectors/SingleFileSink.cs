using System.Text;
using Google.Protobuf;
using OrleansFlow.Arrow;
using OrleansFlow.Errors;
using OrleansFlow.Protocol.Streaming.Operators.V1;
using OrleansFlow.Streaming.Dataflow;
using OrleansFlow.Streaming.Formats;
using OrleansFlow.Streaming.Operators;
using OrleansFlow.Streaming.State;

namespace OrleansFlow.Streaming.Connectors;

/// <summary>Writes rows as records, lines of JSON unless told otherwise, to one file a subtask, each row exactly once.</summary>
/// <remarks>
/// Lines are staged beside the file. At a barrier what was staged is made durable, and the checkpoint says where in the file it goes; with
/// the commit it gets there. A failure before the commit: the restored subtask brings it there itself, since the checkpoint it begins
/// from is complete. A failure after later commits: the file is cut to what the checkpoint says. A failure in the middle of a commit: the
/// bytes are written again to the same place. A start from nothing empties the file.
/// </remarks>
/// <param name="config">Where the file is, which columns are written, and how.</param>
public sealed class SingleFileSink(SingleFileSinkConfig config) : StreamOperator
{
    /// <summary>Kind in programs.</summary>
    public const string Kind = "single_file";

    private IGlobalTable? _table;
    private SingleFileState _state = new();
    private SinkRows? _rows;
    private FileStream? _staging;

    /// <inheritdoc/>
    public override bool IsCommitting => true;

    /// <inheritdoc/>
    public override ReadOnlyMemory<byte> CommitData => _state.Staged.Count == 0 ? default : _state.ToByteArray();

    /// <inheritdoc/>
    public override async ValueTask StartAsync(OperatorContext context, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(context);
        if (config.Path.Length == 0)
        {
            throw new FlowException(FlowErrorCode.BadGraph, $"The single file sink '{context.OperatorId}' has no path.");
        }

        var index = context.SubtaskIndex;
        _state = new SingleFileState { Path = index == 0 ? config.Path : $"{config.Path}.{index}", SubtaskIndex = index };
        Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(_state.Path))!);
        _table = await context.State.OpenGlobalAsync("f", 1, cancellationToken);
        foreach (var (_, value) in _table.Entries.ToList())
        {
            var file = SingleFileState.Parser.ParseFrom(value.Span);
            if (file.SubtaskIndex % context.Parallelism != index)
            {
                continue;
            }

            // Of a file whose subtask there is no more, too: it may be there again after the next restart.
            await RecoverAsync(file, cancellationToken);
            Put(file);
            _state = file.Path == _state.Path ? file : _state;
        }

        StagedFile.Cut(_state.Path, _state.Length);
    }

    /// <inheritdoc/>
    public override async ValueTask ProcessAsync(RecordBatch batch, int input, IOperatorOutput output, CancellationToken cancellationToken)
    {
        using var owned = batch;
        _rows ??= new SinkRows(config.Rows, batch.Schema);
        if (_staging is null)
        {
            _staging = new FileStream(StagedFile.NameOf(_state.Path, _state.NextNumber), FileMode.Create, FileAccess.Write, FileShare.Read);
            if (_state.Length == 0)
            {
                await _staging.WriteAsync(_rows.Head(), cancellationToken);
            }
        }

        await _staging.WriteAsync(_rows.Write(batch), cancellationToken);
    }

    /// <inheritdoc/>
    public override async ValueTask OnBarrierAsync(CheckpointBarrier barrier, IOperatorOutput output, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(barrier);
        if (_staging is { } staging)
        {
            staging.Flush(flushToDisk: true);
            _state.Staged.Add(new SingleFileSegment { Epoch = barrier.Epoch, Number = _state.NextNumber, Offset = _state.Length, Length = staging.Length });
            (_state.Length, _state.NextNumber) = (_state.Length + staging.Length, _state.NextNumber + 1);
            await staging.DisposeAsync();
            _staging = null;
        }

        Put(_state);
    }

    /// <inheritdoc/>
    public override async ValueTask CommitAsync(long epoch, ReadOnlyMemory<byte> commitData, CancellationToken cancellationToken)
    {
        var file = commitData.IsEmpty ? _state : SingleFileState.Parser.ParseFrom(commitData.Span);
        foreach (var segment in file.Staged.ToList())
        {
            if (!commitData.IsEmpty || segment.Epoch <= epoch)
            {
                await StagedFile.ApplyAsync(file.Path, segment, cancellationToken);
                if (file.Path == _state.Path)
                {
                    _state.Staged.Remove(segment);
                }
            }
        }
    }

    /// <inheritdoc/>
    public override async ValueTask DisposeAsync()
    {
        _rows?.Dispose();
        if (_staging is not null)
        {
            await _staging.DisposeAsync();
        }

        await base.DisposeAsync();
    }

    private static async Task RecoverAsync(SingleFileState file, CancellationToken cancellationToken)
    {
        foreach (var segment in file.Staged)
        {
            await StagedFile.ApplyAsync(file.Path, segment, cancellationToken);
        }

        file.Staged.Clear();
        StagedFile.Cut(file.Path, file.Length);
    }

    private void Put(SingleFileState file) => _table!.Put(Encoding.UTF8.GetBytes(file.Path), file.ToByteArray());
}
