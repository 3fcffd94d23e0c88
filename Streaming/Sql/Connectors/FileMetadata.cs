using OrleansFlow.Arrow;
using OrleansFlow.Streaming.Sql.Planning;

namespace OrleansFlow.Streaming.Sql.Connectors;

/// <summary>What tables of files offer by <c>METADATA FROM</c>.</summary>
internal static class FileMetadata
{
    public static IReadOnlyList<ConnectorMetadata> All { get; } =
    [
        new("path", [ArrowType.Utf8], "The full path of the file that the row is of."),
        new("name", [ArrowType.Utf8], "The last part of it."),
        new("position", [ArrowType.Int64], "Where the row stands in the file, from 0: the first byte of its record (after unpacking), or the number of the row in Parquet and Arrow."),
    ];
}
