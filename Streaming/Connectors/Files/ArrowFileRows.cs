using OrleansFlow.Arrow;
using OrleansFlow.Arrow.Ipc;
using OrleansFlow.Errors;

namespace OrleansFlow.Streaming.Connectors.Files;

/// <summary>Rows of a file of Arrow IPC; places are rows.</summary>
internal sealed class ArrowFileRows : FileRows
{
    private readonly ArrowFileReader _reader;
    private readonly string _path;
    private readonly ArrowSchema _schema;
    private readonly int[] _columns;
    private RecordBatch? _batch;
    private int _next;
    private int _offset;
    private long _position;

    public ArrowFileRows(string path, long position, ArrowSchema schema)
    {
        (_path, _schema) = (path, schema);
        try
        {
            _reader = ArrowFileReader.Open(path);
        }
        catch (ArrowFormatException exception)
        {
            throw NoArrow(path, exception);
        }

        try
        {
            _columns = [.. schema.Fields.Select(field => _reader.Schema.TryIndexOf(field.Name) is var place and >= 0 && _reader.Schema.Fields[place].Type.Equals(field.Type)
                ? place
                : throw new FlowException(FlowErrorCode.BadInput, $"'{path}' has no column '{field.Name}' of type {field.Type.Name}; it has ({_reader.Schema})."))];
            for (_offset = 0; _position < position; _next++)
            {
                var rows = _next < _reader.BatchCount ? _reader.ReadRowCount(_next) : throw TooShort(path, position, "row");
                if (_position + rows > position)
                {
                    _offset = (int)(position - _position);
                    _position = position;
                    break;
                }

                _position += rows;
            }
        }
        catch (Exception exception)
        {
            _reader.Dispose();
            if (exception is ArrowFormatException broken)
            {
                throw NoArrow(path, broken);
            }

            throw;
        }
    }

    public override long Position => _position;

    public override ValueTask<RecordBatch?> ReadAsync(CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        while (_batch is null || _offset >= _batch.RowCount)
        {
            if (_batch is not null)
            {
                _batch.Dispose();
                (_batch, _offset) = (null, 0);
            }

            if (_next == _reader.BatchCount)
            {
                return new ValueTask<RecordBatch?>((RecordBatch?)null);
            }

            using var read = ReadNext();
            _batch = new RecordBatch(_schema, [.. read.Columns.Select(column => column.Retain())], read.RowCount);
        }

        var rows = Math.Min(BatchRows, _batch.RowCount - _offset);
        var batch = _batch.Slice(_offset, rows);
        _offset += rows;
        _position += rows;
        return new ValueTask<RecordBatch?>(batch);
    }

    private RecordBatch ReadNext()
    {
        try
        {
            return _reader.ReadBatch(_next++, _columns);
        }
        catch (ArrowFormatException exception)
        {
            throw NoArrow(_path, exception);
        }
    }

    private static FlowException NoArrow(string path, ArrowFormatException exception) => new(FlowErrorCode.BadInput, $"'{path}' is no file of Arrow: {exception.Message}", exception);

    public override ValueTask DisposeAsync()
    {
        _batch?.Dispose();
        _reader.Dispose();
        return ValueTask.CompletedTask;
    }
}
