using OrleansFlow.Arrow;
using OrleansFlow.Errors;
using OrleansFlow.Protocol.Streaming.Connectors.V1;
using OrleansFlow.Streaming.Formats;
using OrleansFlow.Streaming.Joins.Lookups;
using OrleansFlow.Streaming.Operators;

namespace OrleansFlow.Streaming.Connectors.Files;

/// <summary>Finds rows of a file, which is held in memory. A file that has changed is read anew before the next answer, so replace it by a rename.</summary>
/// <param name="config">Which file, and how it is written.</param>
/// <param name="definition">Its keys and columns.</param>
public sealed class FileLookup(FileLookupConfig config, LookupDefinition definition) : ILookupSource
{
    /// <summary>Kind in programs.</summary>
    public const string Kind = "single_file_lookup";

    /// <summary>Bytes of memory that the rows may take, when nothing else is said.</summary>
    public const long DefaultRowsBytesMax = 256 << 20;

    private readonly SemaphoreSlim _gate = new(1);
    private readonly long _bytesMax = config.RowsBytesMax > 0 ? config.RowsBytesMax : DefaultRowsBytesMax;
    private readonly Dictionary<byte[], int> _rowsByKey = new(KeyBytes.Comparer);
    private OperatorContext? _context;
    private RecordBatch? _rows;
    private (DateTime WrittenAtUtc, long Bytes) _version;

    /// <inheritdoc/>
    public async ValueTask StartAsync(OperatorContext context, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(context);
        if (config.Path.Length == 0 || config.Format is null)
        {
            throw new FlowException(FlowErrorCode.BadGraph, $"The file of lookup '{definition.Id}' needs a path and a format.");
        }

        _context = context;
        await RefreshAsync(cancellationToken);
    }

    /// <inheritdoc/>
    public async Task<LookupAnswer> LookupAsync(RecordBatch keys, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(keys);
        await _gate.WaitAsync(cancellationToken);
        try
        {
            await RefreshAsync(cancellationToken);
            return Find(keys);
        }
        finally
        {
            _gate.Release();
        }
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync()
    {
        _rows?.Dispose();
        _rows = null;
        _gate.Dispose();
        return ValueTask.CompletedTask;
    }

    private LookupAnswer Find(RecordBatch keys)
    {
        var numbers = new int[keys.RowCount];
        var (found, firstRows) = new LookupKeys([.. Enumerable.Range(0, keys.ColumnCount)], TypesOf(definition.Keys)).Number(keys, numbers);
        var (rows, keyRows) = (new List<int>(), new List<int>());
        for (var i = 0; i < found.Count; i++)
        {
            if (_rowsByKey.TryGetValue(found[i], out var row))
            {
                rows.Add(row);
                keyRows.Add(firstRows[i]);
            }
        }

        return new LookupAnswer(ArrowTake.Take(_rows!, rows.ToArray(), _context!.Allocator), keyRows);
    }

    private async ValueTask RefreshAsync(CancellationToken cancellationToken)
    {
        var file = new FileInfo(config.Path);
        var version = file.Exists ? (file.LastWriteTimeUtc, file.Length) : default;
        if (_rows is not null && version == _version)
        {
            return;
        }

        var rows = await ReadAsync(cancellationToken);
        try
        {
            Index(rows);
        }
        catch (FlowException)
        {
            rows.Dispose();
            throw;
        }

        _rows?.Dispose();
        (_rows, _version) = (rows, version);
    }

    private async ValueTask<RecordBatch> ReadAsync(CancellationToken cancellationToken)
    {
        var bad = new BadRecords(definition.Id, config.Format.DropsBadData, _context!.Clock);
        var batches = new List<RecordBatch>();
        try
        {
            await using var file = await FileRows.OpenAsync(config.Path, 0, config.Format, definition.Columns, bad, _context.Allocator, cancellationToken);
            var bytes = 0L;
            while (await file.ReadAsync(cancellationToken) is { } batch)
            {
                batches.Add(batch);
                bytes += batch.ByteCount;
                if (bytes > _bytesMax)
                {
                    throw new FlowException(
                        FlowErrorCode.LimitExceeded, $"The rows of '{config.Path}' take more than {_bytesMax} bytes of memory (lookup.file.max_bytes), so that they are not looked up there. Raise the option, or look them up in a database.");
                }
            }

            if (batches.Count == 0)
            {
                using var none = new RecordBatchBuilder(definition.Columns, _context.Allocator);
                return none.Build();
            }

            return ArrowTake.Concat(batches, _context.Allocator);
        }
        finally
        {
            batches.ForEach(static batch => batch.Dispose());
        }
    }

    private void Index(RecordBatch rows)
    {
        var places = definition.Keys.Fields.Select(field => definition.Columns.IndexOf(field.Name)).ToArray();
        var numbers = new int[rows.RowCount];
        var (keys, firstRows) = new LookupKeys(places, TypesOf(definition.Keys)).Number(rows, numbers);
        if (numbers.Count(static number => number >= 0) > keys.Count)
        {
            throw new FlowException(
                FlowErrorCode.BadInput, $"'{config.Path}' has several rows of one key ({string.Join(", ", definition.Keys.Fields.Select(field => field.Name))}). The PRIMARY KEY of lookup '{definition.Id}' has to say which row is meant.");
        }

        _rowsByKey.Clear();
        for (var i = 0; i < keys.Count; i++)
        {
            _rowsByKey.Add(keys[i], firstRows[i]);
        }
    }

    private static ArrowType[] TypesOf(ArrowSchema schema) => [.. schema.Fields.Select(field => field.Type)];
}
