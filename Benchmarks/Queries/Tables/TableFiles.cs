using System.Globalization;
using System.Runtime.CompilerServices;
using OrleansFlow.Arrow;
using OrleansFlow.Engine;

namespace OrleansFlow.Benchmarks.Queries.Tables;

/// <summary>Tables as Parquet files: a folder for each table, with <c>part-0000.parquet</c> and so on inside.</summary>
public static class TableFiles
{
    private const string Source = "generated_rows";

    /// <summary>Writes the files unless the folder is there already. Two processes may do so at once: one of them wins, both see whole files.</summary>
    /// <param name="set">The tables.</param>
    /// <param name="parent">Where the folder of the set lies; made when missing.</param>
    /// <param name="options">How; null for one file a table.</param>
    /// <param name="cancellationToken">Stops; nothing is left but a folder whose name starts with a dot, if that.</param>
    /// <returns>The folder that holds the folders of the tables.</returns>
    public static async Task<string> EnsureAsync(TableSet set, string parent, TableFileOptions? options, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(set);
        options ??= new TableFileOptions();
        var folder = Path.Combine(parent, string.Create(CultureInfo.InvariantCulture, $"{set.Name}-f{options.FileCount}-g{options.RowGroupRowCount}-{options.Compression}"));
        if (Directory.Exists(folder))
        {
            return folder;
        }

        var draft = Path.Combine(parent, $".{Path.GetFileName(folder)}-{Guid.NewGuid():N}");
        try
        {
            await WriteAsync(set, draft, options, cancellationToken);
            Directory.Move(draft, folder);
        }
        catch (IOException) when (Directory.Exists(folder))
        {
            // Somebody else was faster: the same rows.
        }
        finally
        {
            if (Directory.Exists(draft))
            {
                Directory.Delete(draft, recursive: true);
            }
        }

        return folder;
    }

    /// <summary>Writes the files of all tables into a folder.</summary>
    /// <param name="set">The tables.</param>
    /// <param name="folder">Made when missing; files of the same names are replaced.</param>
    /// <param name="options">How; null for one file a table.</param>
    /// <param name="cancellationToken">Stops; files may be half there.</param>
    /// <exception cref="ArgumentException">An option is out of its range.</exception>
    /// <exception cref="EngineException">A file cannot be written.</exception>
    public static async Task WriteAsync(TableSet set, string folder, TableFileOptions? options, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(set);
        options ??= new TableFileOptions();
        options.Check();

        // One engine thread: each session runs its file on its own thread, so the files are what is parallel.
        await using var instance = await EngineInstance.OpenAsync(new EngineOptions { ThreadCount = 1 }, cancellationToken);
        var files = set.Tables.SelectMany(table => Parts(table, folder, options)).Reverse();
        await Parallel.ForEachAsync(
            files,
            new ParallelOptions { MaxDegreeOfParallelism = options.ThreadCount, CancellationToken = cancellationToken },
            async (file, token) => await WriteFileAsync(instance, file, options, token));
    }

    /// <summary>Statements that make a view of each table over its files.</summary>
    public static string CreateViewsSql(TableSet set, string folder)
    {
        ArgumentNullException.ThrowIfNull(set);
        return string.Join('\n', set.Tables.Select(table =>
            $"CREATE OR REPLACE VIEW {EngineText.Quote(table.Name)} AS SELECT * FROM read_parquet({EngineText.Literal(Pattern(table, folder))});"));
    }

    /// <summary>Statements that read each table into memory.</summary>
    public static string CreateTablesSql(TableSet set, string folder)
    {
        ArgumentNullException.ThrowIfNull(set);
        return string.Join('\n', set.Tables.Select(table =>
            $"CREATE OR REPLACE TABLE {EngineText.Quote(table.Name)} AS SELECT * FROM read_parquet({EngineText.Literal(Pattern(table, folder))});"));
    }

    /// <summary>The glob that finds the files of a table.</summary>
    public static string Pattern(GeneratedTable table, string folder)
    {
        ArgumentNullException.ThrowIfNull(table);
        return Path.Combine(folder, table.Name, "*.parquet").Replace('\\', '/');
    }

    private static IEnumerable<TableFile> Parts(GeneratedTable table, string folder, TableFileOptions options)
    {
        var count = (int)Math.Clamp(table.UnitCount / options.FileUnitsMin, 1, options.FileCount);
        var home = Directory.CreateDirectory(Path.Combine(folder, table.Name)).FullName;
        for (var part = 0; part < count; part++)
        {
            var first = table.UnitCount * part / count;
            var end = table.UnitCount * (part + 1) / count;
            yield return new TableFile(table, first, end - first, Path.Combine(home, string.Create(CultureInfo.InvariantCulture, $"part-{part:0000}.parquet")));
        }
    }

    private static async Task WriteFileAsync(EngineInstance instance, TableFile file, TableFileOptions options, CancellationToken cancellationToken)
    {
        await using var session = instance.OpenSession();
        await session.RegisterStreamAsync(Source, file.Table.Schema, token => ReadAsync(file, token), cancellationToken);
        await session.ExecuteAsync(
            string.Create(CultureInfo.InvariantCulture, $"""
                COPY (SELECT * FROM {Source}) TO {EngineText.Literal(file.Path)}
                (FORMAT parquet, COMPRESSION {options.Compression}, ROW_GROUP_SIZE {options.RowGroupRowCount})
                """),
            null,
            cancellationToken);
    }

    private static async IAsyncEnumerable<RecordBatch> ReadAsync(TableFile file, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        // Nothing here waits; the engine's thread computes the rows as it asks for them.
        await Task.CompletedTask;
        foreach (var batch in file.Table.Rows(file.FirstUnit, file.Units))
        {
            cancellationToken.ThrowIfCancellationRequested();
            yield return batch;
        }
    }

    private sealed record TableFile(GeneratedTable Table, long FirstUnit, long Units, string Path);
}
