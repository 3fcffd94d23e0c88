using System.Runtime.InteropServices;
using OrleansFlow.Arrow;
using OrleansFlow.Arrow.CData;
using OrleansFlow.Engine.Native;

namespace OrleansFlow.Engine.Results;

/// <summary>Turns the chunks of a native result, of at most 2,048 rows, into batches of the wanted size.</summary>
internal sealed unsafe class BatchAssembler : IDisposable
{
    private readonly ResultHandle _result;
    private readonly ArrowOptionsHandle _options;
    private readonly int _batchRowCount;
    private readonly ColumnWriter[]? _writers;
    private nint _chunk;
    private long _chunkRowCount;
    private long _chunkPosition;

    /// <summary>Owns <paramref name="result"/> when it returns.</summary>
    public BatchAssembler(ResultHandle result, ArrowOptionsHandle options, int batchRowCount)
    {
        _result = result;
        _options = options;
        _batchRowCount = batchRowCount;
        var types = new LogicalTypeHandle[(int)DuckDb.ColumnCount(result.Pointer)];
        CArrowSchema declared = default;
        try
        {
            var names = new string[types.Length];
            for (var index = 0; index < types.Length; index++)
            {
                types[index] = new LogicalTypeHandle(DuckDb.ColumnLogicalType(result.Pointer, (ulong)index));
                names[index] = Marshal.PtrToStringUTF8(DuckDb.ColumnName(result.Pointer, (ulong)index)) ?? "";
            }

            ArrowConversion.Describe(options, types, names, &declared);
            _writers = TryCreateWriters(types, &declared);
            Schema = CDataImporter.ImportSchema(&declared);
        }
        finally
        {
            CArrowSchema.ReleaseIfHeld(&declared);

            foreach (var type in types)
            {
                type?.Dispose();
            }
        }
    }

    public ArrowSchema Schema { get; }

    /// <summary>The batch returned last was the last one, or there was none.</summary>
    public bool IsAtEnd { get; private set; }

    /// <summary>The next batch, or null at the end.</summary>
    /// <exception cref="EngineException">The query failed.</exception>
    public RecordBatch? Next(CancellationToken cancellationToken)
    {
        if (_writers is null)
        {
            return NextExported(cancellationToken);
        }

        long rowCount = 0;
        while (rowCount < _batchRowCount && FillChunk(cancellationToken))
        {
            var count = Math.Min(_batchRowCount - rowCount, _chunkRowCount - _chunkPosition);
            for (var index = 0; index < _writers.Length; index++)
            {
                _writers[index].Append(DuckDb.DataChunkVector(_chunk, (ulong)index), _chunkPosition, count);
            }

            rowCount += count;
            _chunkPosition += count;
        }

        if (rowCount == 0)
        {
            return null;
        }

        CArrowArray array;
        ArrowNode.Create(&array, rowCount, 0, [0], _writers.Length);
        for (var index = 0; index < _writers.Length; index++)
        {
            _writers[index].Finish(array.Children[index]);
        }

        return CDataImporter.ImportBatch(&array, Schema);
    }

    public void Dispose()
    {
        DropChunk();
        foreach (var writer in _writers ?? [])
        {
            writer.Dispose();
        }

        _result.Dispose();
    }

    private static ColumnWriter[]? TryCreateWriters(LogicalTypeHandle[] types, CArrowSchema* declared)
    {
        var writers = new ColumnWriter[types.Length];
        for (var index = 0; index < types.Length; index++)
        {
            if (ColumnWriters.TryCreate(types[index], declared->Children[index]) is not { } writer)
            {
                return null;
            }

            writers[index] = writer;
        }

        return writers;
    }

    // DuckDB fills buffers of its own here, which the batch takes over as they are.
    private RecordBatch? NextExported(CancellationToken cancellationToken)
    {
        if (!FillChunk(cancellationToken))
        {
            return null;
        }

        CArrowArray array;
        EngineException.ThrowIfError(DuckDb.DataChunkToArrow(_options.DangerousGetHandle(), _chunk, &array));
        DropChunk();
        return CDataImporter.ImportBatch(&array, Schema);
    }

    private bool FillChunk(CancellationToken cancellationToken)
    {
        while (_chunkPosition >= _chunkRowCount)
        {
            DropChunk();
            if (IsAtEnd)
            {
                return false;
            }

            cancellationToken.ThrowIfCancellationRequested();
            _chunk = DuckDb.FetchChunk(*_result.Pointer);
            if (_chunk == 0)
            {
                if (NativeStatement.Error(_result) is { } failure)
                {
                    throw failure;
                }

                IsAtEnd = true;
                return false;
            }

            _chunkRowCount = (long)DuckDb.DataChunkSize(_chunk);
        }

        return true;
    }

    private void DropChunk()
    {
        if (_chunk != 0)
        {
            DuckDb.DestroyDataChunk(ref _chunk);
        }

        _chunk = 0;
        _chunkRowCount = 0;
        _chunkPosition = 0;
    }
}
