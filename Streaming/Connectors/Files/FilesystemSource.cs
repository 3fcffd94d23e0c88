using System.Text;
using Google.Protobuf;
using OrleansFlow.Errors;
using OrleansFlow.Protocol.Streaming.Connectors.V1;
using OrleansFlow.Streaming.Dataflow;
using OrleansFlow.Streaming.Formats;
using OrleansFlow.Streaming.Operators;
using OrleansFlow.Streaming.State;

namespace OrleansFlow.Streaming.Connectors.Files;

/// <summary>The rows of all files of a folder, or of those that fit a pattern, each row once: a file is read by the subtask that its name decides, from the place that the checkpoint knows.</summary>
/// <remarks>Files are looked for at the start; a restart finds those that came since. It ends with the last file. Names that begin with a dot or an underscore are passed over.</remarks>
/// <param name="config">Which files, and how they are written.</param>
public sealed class FilesystemSource(FilesystemSourceConfig config) : StreamSource
{
    /// <summary>Kind in programs.</summary>
    public const string Kind = "filesystem_source";

    /// <summary>Most files of one source.</summary>
    public const int FilesMax = 100_000;

    private readonly Queue<FilePosition> _files = [];
    private readonly List<FilePosition> _changed = [];
    private IGlobalTable? _table;
    private FileRows? _rows;
    private BadRecords? _bad;

    /// <inheritdoc/>
    public override async ValueTask StartAsync(OperatorContext context, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(context);
        if (config.Path.Length == 0 || config.Format is null || context.OutputSchema is not { Fields.Count: > 0 })
        {
            throw new FlowException(FlowErrorCode.BadGraph, $"The filesystem source '{context.OperatorId}' needs a path, a format and columns.");
        }

        _bad = new BadRecords(context.OperatorId, config.Format.DropsBadData, context.Clock);
        _table = await context.State.OpenGlobalAsync("a", 1, cancellationToken);
        foreach (var path in FilesOf(config.Path))
        {
            var key = Encoding.UTF8.GetBytes(path);
            if (Hash(key) % (uint)context.Parallelism == (uint)context.SubtaskIndex)
            {
                var position = _table.TryGet(key, out var stored) ? FilePosition.Parser.ParseFrom(stored.Span) : new FilePosition { Path = path };
                if (!position.IsDone)
                {
                    _files.Enqueue(position);
                }
            }
        }
    }

    /// <inheritdoc/>
    public override async Task<SourceEnd> RunAsync(SourceContext context, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(context);
        var (place, schema) = (context.Operator, context.Operator.OutputSchema!);
        while (_files.TryPeek(out var file))
        {
            if (await context.PollAsync(cancellationToken) is { } end)
            {
                return end;
            }

            if (_rows is null)
            {
                _rows = await FileRows.OpenWithMetadataAsync(file.Path, file.Position, config.Format, config.Metadata, schema, _bad!, place, cancellationToken);
                _changed.Add(file);
            }

            var batch = await _rows.ReadAsync(cancellationToken);
            (file.Position, file.IsDone) = (_rows.Position, batch is null);
            await _bad!.TellAsync(place.ReportErrorAsync, cancellationToken);
            if (batch is not null)
            {
                await context.EmitAsync(batch, cancellationToken);
                continue;
            }

            await _rows.DisposeAsync();
            _rows = null;
            _files.Dequeue();
        }

        return SourceEnd.Final;
    }

    /// <inheritdoc/>
    public override ValueTask OnBarrierAsync(CheckpointBarrier barrier, IOperatorOutput output, CancellationToken cancellationToken)
    {
        foreach (var file in _changed)
        {
            _table!.Put(Encoding.UTF8.GetBytes(file.Path), file.ToByteArray());
        }

        _changed.RemoveAll(file => file.IsDone);
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

    /// <summary>FNV-1a of 32 bits: the same in each process. Source: Fowler, Noll, Vo; IETF draft "The FNV Non-Cryptographic Hash Algorithm".</summary>
    private static uint Hash(ReadOnlySpan<byte> bytes)
    {
        var hash = 2_166_136_261;
        foreach (var one in bytes)
        {
            hash = (hash ^ one) * 16_777_619;
        }

        return hash;
    }

    /// <summary>The files of a folder and those below it, or those that fit a pattern, in the order of their names.</summary>
    /// <exception cref="FlowException">There is no such folder (<see cref="FlowErrorCode.DataFileMissing"/>), or too many files (<see cref="FlowErrorCode.LimitExceeded"/>).</exception>
    internal static IReadOnlyList<string> FilesOf(string path)
    {
        var isPattern = Path.GetFileName(path).AsSpan().IndexOfAny('*', '?') >= 0;
        var folder = Path.GetFullPath(isPattern ? Path.GetDirectoryName(path)! : path);
        if (!isPattern && File.Exists(folder))
        {
            return [folder];
        }

        if (!Directory.Exists(folder))
        {
            throw new FlowException(FlowErrorCode.DataFileMissing, $"There is no folder '{folder}' to read files of.");
        }

        var found = new List<string>();
        foreach (var file in Directory.EnumerateFiles(folder, isPattern ? Path.GetFileName(path) : "*", isPattern ? SearchOption.TopDirectoryOnly : SearchOption.AllDirectories))
        {
            if (Path.GetRelativePath(folder, file).Split(Path.DirectorySeparatorChar).Any(part => part[0] is '.' or '_'))
            {
                continue;
            }

            found.Add(file);
            if (found.Count > FilesMax)
            {
                throw new FlowException(FlowErrorCode.LimitExceeded, $"'{path}' finds more than {FilesMax} files; a source reads at most so many. Divide them over several folders.");
            }
        }

        found.Sort(StringComparer.Ordinal);
        return found;
    }
}
