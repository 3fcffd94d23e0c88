using OrleansFlow.Engine;

namespace OrleansFlow.Sql.Tables;

/// <summary>Pieces of SQL that read files.</summary>
internal static class TableText
{
    /// <summary>Arguments behind the list of files.</summary>
    public static string Arguments(IEnumerable<TableOption> options) => string.Concat(options.Select(option => $", {option.Name} = {option.Sql}"));

    /// <summary>Columns and their types as an argument of a reader.</summary>
    public static string Types(IEnumerable<TableColumn> columns) =>
        $"{{{string.Join(", ", columns.Select(column => $"{EngineText.Literal(column.Name)}: {EngineText.Literal(column.Type)}"))}}}";
}
