using System.Text;
using OrleansFlow.Arrow;
using OrleansFlow.Errors;

namespace OrleansFlow.Streaming.Connectors.Files;

/// <summary>The rows of a file, with columns of where they stand: the file's path and name, and the place of each row in it.</summary>
internal sealed class FileMetadataRows : FileRows
{
    private readonly FileRows _rows;
    private readonly MetadataRows _metadata;
    private readonly FileField[] _fields;
    private readonly byte[] _path;
    private readonly byte[] _name;

    /// <summary>Makes it.</summary>
    /// <param name="path">The file.</param>
    /// <param name="rows">Its data; disposed with these.</param>
    /// <param name="metadata">The columns that are no part of it; disposed with these.</param>
    /// <param name="operatorId">The source, for messages.</param>
    /// <exception cref="FlowException">A column holds what files do not have (<see cref="FlowErrorCode.BadGraph"/>); nothing is disposed then.</exception>
    public FileMetadataRows(string path, FileRows rows, MetadataRows metadata, string operatorId)
    {
        (_rows, _metadata) = (rows, metadata);
        _fields = [.. metadata.Keys.Select((key, place) => FieldOf(operatorId, key, metadata.Column(place).Type))];
        (_path, _name) = (Encoding.UTF8.GetBytes(Path.GetFullPath(path)), Encoding.UTF8.GetBytes(Path.GetFileName(path)));
        if (_fields.Contains(FileField.Position))
        {
            rows.KeepRowPlaces();
        }
    }

    private enum FileField
    {
        Path = 0,
        Name = 1,
        Position = 2,
    }

    public override long Position => _rows.Position;

    public override async ValueTask<RecordBatch?> ReadAsync(CancellationToken cancellationToken)
    {
        var start = _rows.Position;
        using var data = await _rows.ReadAsync(cancellationToken);
        if (data is null)
        {
            return null;
        }

        for (var place = 0; place < _fields.Length; place++)
        {
            Append(place, start, data.RowCount);
        }

        using var values = _metadata.Take([]);
        return _metadata.Join(data, values);
    }

    public override async ValueTask DisposeAsync()
    {
        _metadata.Dispose();
        await _rows.DisposeAsync();
    }

    private void Append(int place, long start, int rowCount)
    {
        var (field, column) = (_fields[place], _metadata.Column(place));
        if (field == FileField.Position)
        {
            var places = _rows.RowPlaces;
            for (var row = 0; row < rowCount; row++)
            {
                ((PrimitiveBuilder<long>)column).Append(places.Count > 0 ? places[row] : start + row);
            }

            return;
        }

        var text = field == FileField.Path ? _path : _name;
        for (var row = 0; row < rowCount; row++)
        {
            ((VariableBinaryBuilder)column).Append(text);
        }
    }

    private static FileField FieldOf(string operatorId, string key, ArrowType type) => (key, type) switch
    {
        ("path", StringType { IsLarge: false }) => FileField.Path,
        ("name", StringType { IsLarge: false }) => FileField.Name,
        ("position", IntegerType { FixedBitWidth: 64, IsSigned: true }) => FileField.Position,
        _ => throw new FlowException(FlowErrorCode.BadGraph, $"The source of files '{operatorId}' does not give '{key}' as {type.Name}."),
    };
}
