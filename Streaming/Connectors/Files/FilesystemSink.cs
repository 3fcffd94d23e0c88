using System.Globalization;
using Google.Protobuf;
using OrleansFlow.Arrow;
using OrleansFlow.Errors;
using OrleansFlow.Protocol.Streaming.Connectors.V1;
using OrleansFlow.Streaming.Dataflow;
using OrleansFlow.Streaming.Objects;
using OrleansFlow.Streaming.Operators;
using OrleansFlow.Streaming.State;

namespace OrleansFlow.Streaming.Connectors.Files;

/// <summary>Writes rows to files in a folder or a bucket, each row exactly once in those that are visible.</summary>
/// <remarks>
/// A file is written under a staged name (below <c>_staged/</c>) and ended by its size, its age, or the next barrier. The checkpoint names the files
/// that are whole; with its commit each is copied to its own name, and the staged one is removed. A failure before the commit: the restored
/// sink commits what its checkpoint names. A failure in the middle: what is staged is copied again, what is no longer staged has been. Names
/// hold the epoch that the run began with, so that a run that was given up leaves no file of the same name.
/// </remarks>
public sealed class FilesystemSink : StreamOperator
{
    /// <summary>Kind in programs.</summary>
    public const string Kind = "filesystem_sink";

    /// <summary>Files that one subtask has open at most; the one beyond ends all others.</summary>
    public const int OpenFilesMax = 500;

    /// <summary>Most bytes of a file when nothing else is said.</summary>
    public const long DefaultRollingBytesMax = 128L << 20;

    private const string StagedFolder = "_staged/";

    // Of a file that ended before its barrier has come.
    private const long NoEpoch = -1;

    private readonly FilesystemSinkConfig _config;
    private readonly Func<string, TimeProvider, IObjectStore> _open;
    private readonly Dictionary<string, SinkFile> _files = new(StringComparer.Ordinal);
    private IObjectStore? _store;
    private IGlobalTable? _table;
    private SinkPartitions? _partitions;
    private FilesystemSinkState _state = new();
    private TimeProvider _clock = TimeProvider.System;
    private string _run = "";

    /// <summary>Makes one.</summary>
    /// <param name="config">Where, how, and when files end.</param>
    /// <param name="open">Opens the store of a URL; null for <see cref="ObjectStores.Open"/>.</param>
    public FilesystemSink(FilesystemSinkConfig config, Func<string, TimeProvider, IObjectStore>? open = null)
    {
        ArgumentNullException.ThrowIfNull(config);
        (_config, _open) = (config, open ?? ObjectStores.Open);
    }

    /// <inheritdoc/>
    public override bool IsCommitting => true;

    /// <inheritdoc/>
    public override ReadOnlyMemory<byte> CommitData => _state.Staged.Count == 0 ? default : _state.ToByteArray();

    /// <inheritdoc/>
    public override TimeSpan? TickInterval => _config.RollingIntervalMicros > 0 ? TimeSpan.FromSeconds(1) : null;

    /// <inheritdoc/>
    public override async ValueTask StartAsync(OperatorContext context, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(context);
        if (_config.Url.Length == 0)
        {
            throw new FlowException(FlowErrorCode.BadGraph, $"The filesystem sink '{context.OperatorId}' has no path.");
        }

        _clock = context.Clock;
        _store = _open(_config.Url, _clock);
        _table = await context.State.OpenGlobalAsync("r", 1, cancellationToken);
        _state = new FilesystemSinkState { SubtaskIndex = context.SubtaskIndex };
        var run = 0L;
        foreach (var (key, value) in _table.Entries.ToList())
        {
            var state = FilesystemSinkState.Parser.ParseFrom(value.Span);
            run = Math.Max(run, state.NextNumber);
            if (state.SubtaskIndex % context.Parallelism == context.SubtaskIndex)
            {
                await CommitAsync(state, long.MaxValue, cancellationToken);
                if (state.SubtaskIndex != context.SubtaskIndex)
                {
                    _table.Remove(key.Span);
                }
            }
        }

        await RemoveLeftAsync(context, cancellationToken);

        // The moment of the start tells runs from the same checkpoint apart: what the one before wrote behind it is not committed.
        _state.NextNumber = run;
        _run = string.Create(CultureInfo.InvariantCulture, $"{ObjectName.Escape(context.OperatorId)}-{context.SubtaskIndex:D3}-{_clock.GetUtcNow().UtcTicks:x}");
    }

    /// <inheritdoc/>
    public override async ValueTask ProcessAsync(RecordBatch batch, int input, IOperatorOutput output, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(batch);
        using var owned = batch;
        _partitions ??= new SinkPartitions(_config, batch.Schema);
        foreach (var (folder, rows) in _partitions.Divide(batch))
        {
            using (rows)
            {
                var file = await FileOfAsync(folder, cancellationToken);
                await file.WriteAsync(rows, cancellationToken);
                if (file.ByteCount >= (_config.RollingBytesMax > 0 ? _config.RollingBytesMax : DefaultRollingBytesMax) || (_config.RollingRowsMax > 0 && file.RowCount >= _config.RollingRowsMax))
                {
                    await EndAsync(folder, cancellationToken);
                }
            }
        }
    }

    /// <inheritdoc/>
    public override async ValueTask OnTickAsync(IOperatorOutput output, CancellationToken cancellationToken)
    {
        foreach (var (folder, file) in _files.ToList())
        {
            if (_clock.GetElapsedTime(file.OpenedAt).TotalMicroseconds >= _config.RollingIntervalMicros)
            {
                await EndAsync(folder, cancellationToken);
            }
        }
    }

    /// <inheritdoc/>
    public override async ValueTask OnBarrierAsync(CheckpointBarrier barrier, IOperatorOutput output, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(barrier);
        await EndAllAsync(cancellationToken);
        foreach (var staged in _state.Staged)
        {
            staged.Epoch = staged.Epoch == NoEpoch ? barrier.Epoch : staged.Epoch;
        }

        _table!.Put(BitConverter.GetBytes(_state.SubtaskIndex), _state.ToByteArray());
    }

    /// <inheritdoc/>
    public override async ValueTask CommitAsync(long epoch, ReadOnlyMemory<byte> commitData, CancellationToken cancellationToken)
    {
        if (commitData.IsEmpty)
        {
            await CommitAsync(_state, epoch, cancellationToken);
            return;
        }

        var state = FilesystemSinkState.Parser.ParseFrom(commitData.Span);
        var names = state.Staged.Select(staged => staged.Name).ToHashSet(StringComparer.Ordinal);
        await CommitAsync(state, long.MaxValue, cancellationToken);
        foreach (var staged in _state.Staged.Where(staged => names.Contains(staged.Name)).ToList())
        {
            _state.Staged.Remove(staged);
        }
    }

    /// <inheritdoc/>
    public override async ValueTask DisposeAsync()
    {
        foreach (var file in _files.Values)
        {
            await file.DisposeAsync();
        }

        _files.Clear();
        _store?.Dispose();
        await base.DisposeAsync();
    }

    /// <summary>Removes what earlier runs staged and no checkpoint knows.</summary>
    private async ValueTask RemoveLeftAsync(OperatorContext context, CancellationToken cancellationToken)
    {
        var begin = $"{StagedFolder}{_config.FilePrefix}{ObjectName.Escape(context.OperatorId)}-";
        var left = new List<string>();
        await foreach (var entry in _store!.ListAsync(begin, cancellationToken))
        {
            var index = entry.Name.AsSpan(begin.Length);
            if (index.IndexOf('-') is var end and > 0 && int.TryParse(index[..end], NumberStyles.None, CultureInfo.InvariantCulture, out var subtask) && subtask % context.Parallelism == context.SubtaskIndex)
            {
                left.Add(entry.Name);
            }
        }

        foreach (var name in left)
        {
            await _store.DeleteAsync(name, cancellationToken);
        }
    }

    private async ValueTask<SinkFile> FileOfAsync(string folder, CancellationToken cancellationToken)
    {
        if (_files.TryGetValue(folder, out var file))
        {
            return file;
        }

        if (_files.Count >= OpenFilesMax)
        {
            await EndAllAsync(cancellationToken);
        }

        var format = _config.Rows?.Format ?? new FormatConfig { Kind = FormatKind.Json };
        var ending = format.Kind switch { FormatKind.Parquet => "parquet", FormatKind.Arrow => "arrow", FormatKind.Csv => "csv", FormatKind.Json or FormatKind.JsonValue => "json", FormatKind.Avro or FormatKind.Protobuf => "bin", _ => "txt" };
        var name = string.Create(CultureInfo.InvariantCulture, $"{_config.FilePrefix}{_run}-{_state.NextNumber++:D6}.{ending}");
        var place = new StagedObject { Name = folder + name, StagedName = StagedFolder + name };
        file = await SinkFile.OpenAsync(_store!, place, format, _partitions!.Schema, _clock.GetTimestamp(), cancellationToken);
        _files.Add(folder, file);
        return file;
    }

    private async ValueTask EndAllAsync(CancellationToken cancellationToken)
    {
        foreach (var folder in _files.Keys.ToList())
        {
            await EndAsync(folder, cancellationToken);
        }
    }

    private async ValueTask EndAsync(string folder, CancellationToken cancellationToken)
    {
        _files.Remove(folder, out var file);
        await using (file)
        {
            await file!.EndAsync(cancellationToken);
            file.Place.Epoch = NoEpoch;
            _state.Staged.Add(file.Place);
        }
    }

    private async ValueTask CommitAsync(FilesystemSinkState state, long epoch, CancellationToken cancellationToken)
    {
        foreach (var staged in state.Staged.Where(staged => staged.Epoch != NoEpoch && staged.Epoch <= epoch).ToList())
        {
            await StagedObjects.PublishAsync(_store!, staged, cancellationToken);
            state.Staged.Remove(staged);
        }
    }
}
