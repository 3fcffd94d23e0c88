using OrleansFlow.Arrow;
using OrleansFlow.Engine;
using OrleansFlow.Errors;
using OrleansFlow.Sql.Stages;
using OrleansFlow.Sql.Tables;

namespace OrleansFlow.Silo.Gateway.Sql;

/// <summary>A statement that writes rows into files: <c>COPY (query) TO 'place' (options)</c>.</summary>
internal sealed record SqlCopy
{
    private const string Form = "COPY (query) TO 'folder' (FORMAT parquet, PARTITION_BY (column, ...), APPEND | OVERWRITE | OVERWRITE_OR_IGNORE)";
    private const string Word = "copy";

    private static readonly (string Name, TableFormat Format)[] Formats = [("parquet", TableFormat.Parquet), ("csv", TableFormat.Csv), ("json", TableFormat.Json)];

    private static readonly (string Name, CopyMode Mode)[] Modes =
        [("overwrite", CopyMode.Overwrite), ("append", CopyMode.Append), ("overwrite_or_ignore", CopyMode.OverwriteOrIgnore)];

    // What the engine's writers take and what means the same for each of many files.
    private static readonly string[] OfParquet = ["compression", "compression_level", "codec", "row_group_size", "row_group_size_bytes", "parquet_version", "kv_metadata"];

    private static readonly string[] OfCsv =
    [
        "header", "delim", "delimiter", "sep", "quote", "escape", "nullstr", "null", "force_quote", "dateformat", "timestampformat", "compression", "prefix", "suffix",
    ];

    private static readonly string[] OfJson = ["array", "dateformat", "timestampformat", "compression"];

    /// <summary>The query, without the brackets around it, at its place in the statement.</summary>
    public required string Query { get; init; }

    /// <summary>Where the files go: a folder, or one file.</summary>
    public required string Target { get; init; }

    /// <summary>How they are written.</summary>
    public required TableFormat Format { get; init; }

    /// <summary>Whether all rows go into one file of the target's name: its ending names the format, and it is not divided.</summary>
    public required bool IsOneFile { get; init; }

    /// <summary>Columns whose values are folders; none: the files lie side by side.</summary>
    public IReadOnlyList<string> PartitionBy { get; init; } = [];

    /// <summary>What becomes of files that are at the target already.</summary>
    public CopyMode Mode { get; init; }

    /// <summary>Options for the engine's COPY, each as <c>NAME value</c>.</summary>
    public IReadOnlyList<string> EngineOptions { get; init; } = [];

    /// <summary>Ending of the files, with its point.</summary>
    public string Ending => Format switch { TableFormat.Parquet => ".parquet", TableFormat.Csv => ".csv", _ => ".json" };

    /// <summary>What a stage that makes these rows writes.</summary>
    /// <param name="folder">Where. Its name is no other statement's.</param>
    /// <param name="names">Names of the columns.</param>
    public StageSink ToSink(string folder, IReadOnlyList<string> names) => new()
    {
        Folder = folder,
        Prefix = Mode == CopyMode.Append ? Path.GetFileName(folder) + "-" : "",
        Format = Format.ToString().ToLowerInvariant(),
        Options = PartitionBy.Count == 0 ? EngineOptions : [.. EngineOptions, $"PARTITION_BY ({string.Join(", ", PartitionBy.Select(EngineText.Quote))})"],
        IsPartitioned = PartitionBy.Count > 0,
        Names = names,
    };

    /// <summary>Refuses columns to divide by that the query does not have.</summary>
    /// <exception cref="FlowException"><c>bad_input</c>.</exception>
    public void ThrowIfNotPartitionable(ArrowSchema columns)
    {
        if (PartitionBy.FirstOrDefault(name => !columns.Fields.Any(field => field.Name.Equals(name, StringComparison.OrdinalIgnoreCase))) is { } unknown)
        {
            throw new FlowException(
                FlowErrorCode.BadInput, $"PARTITION_BY names the column '{unknown}', which the query does not have; it has {string.Join(", ", columns.Fields.Select(field => field.Name))}.");
        }
    }

    /// <summary>Whether a statement begins as one that copies.</summary>
    public static bool IsCopy(string sql) => SqlNames.Chains(sql).FirstOrDefault() is [var word] && word.Equals(Word, StringComparison.OrdinalIgnoreCase);

    /// <summary>Reads a statement.</summary>
    /// <exception cref="FlowException"><c>bad_input</c>, with the place in the statement; <c>unsupported</c>: an option or form that there is nothing for.</exception>
    public static SqlCopy Parse(string sql)
    {
        var tokens = SqlTokens.Read(sql);
        while (tokens.Count > 0 && tokens[^1].IsMark(';'))
        {
            tokens = [.. tokens.SkipLast(1)];
        }

        var (query, at) = ReadQuery(sql, tokens);
        if (at < tokens.Count && tokens[at].Is("from"))
        {
            throw SqlDefinition.Fault(sql, tokens[at].Start, "COPY ... FROM is not run here; write INSERT INTO table SELECT * FROM 'files'", FlowErrorCode.Unsupported);
        }

        if (at + 1 >= tokens.Count || !tokens[at].Is("to") || tokens[at + 1].Kind != SqlTokenKind.Text || tokens[at + 1].Value.Length == 0)
        {
            throw SqlDefinition.Fault(sql, at < tokens.Count ? tokens[at].Start : sql.Length, $"The place of the files is missing; write {Form}");
        }

        var place = tokens[at + 1];
        if (!Path.IsPathFullyQualified(place.Value))
        {
            throw SqlDefinition.Fault(sql, place.Start, $"The path '{place.Value}' is not absolute, and every process has a folder of its own; write it from the root on");
        }

        return WithOptions(sql, place, SqlOptionList.Read(sql, tokens, at + 2, Form), new SqlCopy
        {
            Query = query, Target = Path.TrimEndingDirectorySeparator(Path.GetFullPath(place.Value)), Format = TableFormat.Parquet, IsOneFile = false,
        });
    }

    private static SqlCopy WithOptions(string sql, SqlToken place, List<SqlOption> options, SqlCopy copy)
    {
        var ofEnding = Path.HasExtension(place.Value) ? TableSource.FormatOf(place.Value) : null;
        var said = options.Find(option => option.Name == "format");
        var format = said is null ? ofEnding ?? TableFormat.Parquet : FormatOf(sql, said);
        if (format == TableFormat.Arrow)
        {
            throw SqlDefinition.Fault(sql, place.Start, "COPY does not write Arrow IPC; write FORMAT parquet, csv or json, or keep the rows with CREATE TABLE AS", FlowErrorCode.Unsupported);
        }

        var partitions = options.Find(option => option.Name == "partition_by") is { } by ? ReadNames(sql, by) : [];
        var known = format switch { TableFormat.Parquet => OfParquet, TableFormat.Csv => OfCsv, _ => OfJson };
        var engine = new List<string>();
        var mode = CopyMode.Refuse;
        foreach (var option in options.Where(option => option.Name is not ("format" or "partition_by")))
        {
            if (Modes.FirstOrDefault(named => named.Name == option.Name) is { Name: not null } asked)
            {
                mode = !IsTrue(sql, option) ? mode
                    : mode == CopyMode.Refuse ? asked.Mode
                    : throw SqlDefinition.Fault(sql, option.Start, "COPY takes one of APPEND, OVERWRITE and OVERWRITE_OR_IGNORE; leave the others out");
            }
            else if (option.Name == "write_partition_columns" && partitions.Count > 0)
            {
                engine.Add($"WRITE_PARTITION_COLUMNS {(IsTrue(sql, option) ? "true" : "false")}");
            }
            else
            {
                engine.Add(known.Contains(option.Name, StringComparer.Ordinal) ? $"{option.Name} {option.Value}".TrimEnd() : throw NotTaken(sql, option, format, known));
            }
        }

        if (format != TableFormat.Parquet && !options.Exists(option => option.Name == "compression") && Path.GetExtension(place.Value).ToLowerInvariant() is ".gz" or ".zst")
        {
            // The engine looks at the ending, and while it writes that is another one.
            engine.Add($"COMPRESSION {(place.Value.EndsWith("gz", StringComparison.OrdinalIgnoreCase) ? "gzip" : "zstd")}");
        }

        var isOneFile = partitions.Count == 0 && ofEnding is not null;
        if (isOneFile && mode == CopyMode.Append)
        {
            throw SqlDefinition.Fault(sql, place.Start, $"APPEND adds files to a folder, and '{place.Value}' is one file; name a folder");
        }

        return copy with
        {
            Format = format,
            IsOneFile = isOneFile,
            PartitionBy = partitions,
            Mode = mode,
            EngineOptions = engine,
        };
    }

    private static (string Query, int At) ReadQuery(string sql, IReadOnlyList<SqlToken> tokens)
    {
        if (tokens.Count > 1 && tokens[1].IsMark('('))
        {
            return SqlOptionList.EndOfBrackets(tokens, 1) is { } end
                ? (SqlTokens.Blank(sql, tokens[1].End) + sql[tokens[1].End..tokens[end - 1].Start], end)
                : throw SqlDefinition.Fault(sql, tokens[1].Start, "The bracket around the query is not closed");
        }

        var at = 1;
        while (at < tokens.Count && (tokens[at].IsMark('.') || (tokens[at].IsName && !tokens[at].Is("to") && !tokens[at].Is("from"))))
        {
            at++;
        }

        if (at == 1)
        {
            throw SqlDefinition.Fault(sql, sql.Length, $"The query is missing; write {Form}");
        }

        var table = sql[tokens[1].Start..tokens[at - 1].End];
        if (at >= tokens.Count || !tokens[at].IsMark('('))
        {
            return ($"FROM {table}", at);
        }

        return SqlOptionList.EndOfBrackets(tokens, at) is { } close
            ? ($"SELECT {sql[tokens[at].End..tokens[close - 1].Start]} FROM {table}", close)
            : throw SqlDefinition.Fault(sql, tokens[at].Start, "The bracket around the columns is not closed");
    }

    private static TableFormat FormatOf(string sql, SqlOption option)
    {
        var name = option.Tokens is [var token] ? token.Value : option.Value;
        return Formats.FirstOrDefault(format => format.Name.Equals(name, StringComparison.OrdinalIgnoreCase)) is { Name: not null } found
            ? found.Format
            : throw SqlDefinition.Fault(sql, option.Start, $"Files are not written as '{name}' here; write FORMAT parquet, csv or json", FlowErrorCode.Unsupported);
    }

    private static List<string> ReadNames(string sql, SqlOption option)
    {
        var names = option.Tokens.Where(token => token.IsName || token.Kind == SqlTokenKind.Text).Select(token => token.Value).ToList();
        return names.Count > 0 && option.Tokens.All(token => token.IsName || token.Kind == SqlTokenKind.Text || token.Value is "(" or ")" or ",")
            ? names
            : throw SqlDefinition.Fault(sql, option.Start, "PARTITION_BY takes names of columns: PARTITION_BY (year, month)");
    }

    private static bool IsTrue(string sql, SqlOption option) => option.Value.Trim('\'').ToLowerInvariant() switch
    {
        "" or "true" or "1" => true,
        "false" or "0" => false,
        _ => throw SqlDefinition.Fault(sql, option.Start, $"{option.Name.ToUpperInvariant()} is '{option.Value}'; write true or false"),
    };

    private static FlowException NotTaken(string sql, SqlOption option, TableFormat format, string[] known) => SqlDefinition.Fault(
        sql,
        option.Start,
        $"COPY to {format} files does not take the option '{option.Name}' here; it takes format, partition_by, write_partition_columns, append, overwrite, overwrite_or_ignore, {string.Join(", ", known)}",
        FlowErrorCode.Unsupported);
}
