using OrleansFlow.Engine;
using OrleansFlow.Errors;

namespace OrleansFlow.Sql.Tables;

/// <summary>How the values in a table's paths become columns, the same for every part.</summary>
/// <param name="Options">The user's arguments, with <c>hive_partitioning</c> said in any case.</param>
/// <param name="Keys">Names of the columns that come from paths.</param>
internal sealed record HiveReading(IReadOnlyList<TableOption> Options, IReadOnlyList<string> Keys)
{
    /// <summary>Finds the names. Unless the table says otherwise, values in paths are columns when all files have the same names.</summary>
    /// <exception cref="FlowException">The table asks for partitions, and the files have different ones.</exception>
    public static HiveReading Find(TableSource source, IReadOnlyList<ListedFile> files)
    {
        var shared = HivePath.SharedKeys(files);
        var asked = source.Option(TableReaders.HivePartitioning);
        var isOn = asked is null ? shared.Count > 0 : TableReaders.IsTrue(asked);
        if (isOn && shared.Count == 0 && files.Select(file => HivePath.Read(file.Path).Count).Distinct().Count() > 1)
        {
            var odd = files.First(file => HivePath.Read(file.Path).Count != HivePath.Read(files[0].Path).Count);
            throw new FlowException(
                FlowErrorCode.BadInput, $"'{files[0].Path}' and '{odd.Path}' have different partitions in their paths; leave one out, or read with hive_partitioning = false.");
        }

        var options = source.Options.Where(option => !option.Name.Equals(TableReaders.HivePartitioning, StringComparison.OrdinalIgnoreCase));
        return new HiveReading([.. options, new TableOption(TableReaders.HivePartitioning, isOn ? "true" : "false")], isOn ? shared : []);
    }

    /// <summary>The arguments with the types of all names said: what is guessed from all files must not be guessed from some.</summary>
    public IReadOnlyList<TableOption> Explicit(IReadOnlyList<TableColumn> columns)
    {
        if (Keys.Count == 0)
        {
            return Options;
        }

        var types = Keys.Select(key => columns.First(column => column.Name.Equals(key, StringComparison.OrdinalIgnoreCase)))
            .Select(column => $"{EngineText.Literal(column.Name)}: {column.Type}");
        return
        [
            .. Options.Where(option => option.Name is not (TableReaders.HiveTypes or TableReaders.HiveTypesAutocast)),
            new TableOption(TableReaders.HiveTypes, $"{{{string.Join(", ", types)}}}"),
        ];
    }
}
