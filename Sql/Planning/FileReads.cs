using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using OrleansFlow.Sql.Stages;
using OrleansFlow.Sql.Tables;

namespace OrleansFlow.Sql.Planning;

/// <summary>
/// The files that a query's text itself reads: <c>read_parquet(...)</c> and the like, and <c>FROM 'file.parquet'</c>. DuckDB parses the text into a tree,
/// in which each becomes a table with a name of ours, and writes it again.
/// </summary>
internal sealed class FileReads
{
    /// <summary>How the names of tables begin that stand for files.</summary>
    public const string NamePrefix = "orleansflow_files_";

    // More than anyone writes; each is described on its own.
    private const int ReadsMax = 64;

    private readonly SqlPlanner _planner;
    private readonly List<PlannedFiles> _files = [];
    private readonly List<string> _reasons = [];

    private FileReads(SqlPlanner planner) => _planner = planner;

    /// <summary>The tables that stand for files.</summary>
    public IReadOnlyList<PlannedFiles> Files => _files;

    /// <summary>Why some reads stay as they are written.</summary>
    public IReadOnlyList<string> Reasons => _reasons;

    /// <summary>The text that reads the tables.</summary>
    public string Sql { get; private set; } = "";

    /// <summary>Looks through a text.</summary>
    /// <returns>What was found; null for a text that reads no files, or that DuckDB does not write as a tree (its own planning then says what is wrong).</returns>
    public static async Task<FileReads?> FindAsync(SqlPlanner planner, string sql, CancellationToken cancellationToken)
    {
        if (await ViewTexts.ParseAsync(planner, sql, cancellationToken).ConfigureAwait(false) is not { } tree)
        {
            // The query then runs as it is written.
            return null;
        }

        var reads = new FileReads(planner);
        var shared = new HashSet<string>(StringComparer.OrdinalIgnoreCase);
        ViewTexts.CollectNames(tree, shared);
        await reads.VisitAsync(tree, shared, cancellationToken).ConfigureAwait(false);
        if (reads._files.Count > 0)
        {
            reads.Sql = await planner.TextAsync("SELECT json_deserialize_sql(CAST($1 AS JSON))", [tree.ToJsonString()], cancellationToken).ConfigureAwait(false);
        }

        return reads._files.Count + reads._reasons.Count == 0 ? null : reads;
    }

    private async Task VisitAsync(JsonNode node, HashSet<string> shared, CancellationToken cancellationToken)
    {
        if (node is JsonArray items)
        {
            for (var index = 0; index < items.Count; index++)
            {
                if (items[index] is { } item)
                {
                    await VisitAsync(item, shared, cancellationToken).ConfigureAwait(false);
                }
            }
        }
        else if (node is JsonObject members)
        {
            foreach (var name in members.Select(member => member.Key).ToArray())
            {
                if (members[name] is not { } value)
                {
                    continue;
                }

                if (value is JsonObject read && await ReplaceAsync(read, shared, cancellationToken).ConfigureAwait(false) is { } table)
                {
                    members[name] = table;
                }
                else
                {
                    await VisitAsync(value, shared, cancellationToken).ConfigureAwait(false);
                }
            }
        }
    }

    private async Task<JsonObject?> ReplaceAsync(JsonObject node, HashSet<string> shared, CancellationToken cancellationToken)
    {
        switch (Text(node, "type"))
        {
            case "BASE_TABLE" when Text(node, "schema_name").Length == 0 && Text(node, "catalog_name").Length == 0:
                var path = Text(node, "table_name");
                return Path.GetExtension(path).Length > 0 && TableSource.FormatOf(path) is { } format && !shared.Contains(path) && !_planner.Knows(path)
                    ? Table(node, new TableSource { Format = format, Paths = [path] }, AliasOf(path))
                    : null;
            case "TABLE_FUNCTION" when node["function"] is JsonObject call && TableReaders.Of(Text(call, "function_name")) is { } reader:
                var function = Text(call, "function_name");
                if (Text(node, "with_ordinality") is not ("" or "WITHOUT_ORDINALITY"))
                {
                    return Keep($"{function} WITH ORDINALITY numbers all rows");
                }

                return await ReadCallAsync(call, reader.Format, reader.Options, cancellationToken).ConfigureAwait(false) is { } source
                    ? Table(node, source, function)
                    : null;
            default:
                return null;
        }
    }

    private async Task<TableSource?> ReadCallAsync(JsonObject call, TableFormat format, IReadOnlyList<TableOption> implied, CancellationToken cancellationToken)
    {
        var function = Text(call, "function_name");
        IReadOnlyList<string>? paths = null;
        var options = new List<TableOption>(implied);
        foreach (var argument in (call["children"] as JsonArray ?? []).OfType<JsonObject>())
        {
            var (name, value) = Named(argument);
            if (name is null)
            {
                paths = paths is null ? Paths(value) : null;
                if (paths is null)
                {
                    Keep($"the files of {function} are not written as constants");
                    return null;
                }
            }
            else if (!TableReaders.OptionsOf(format).Contains(name))
            {
                Keep($"{function} with {name} reads all files together");
                return null;
            }
            else
            {
                options.Add(new TableOption(name.ToLowerInvariant(), await WriteAsync(value, cancellationToken).ConfigureAwait(false)));
            }
        }

        return paths is { Count: > 0 } ? new TableSource { Format = format, Paths = paths, Options = options } : null;
    }

    /// <summary>An argument's name, in either of the ways to write it; null for one without.</summary>
    private static (string? Name, JsonObject Value) Named(JsonObject argument)
    {
        if (Text(argument, "alias") is { Length: > 0 } alias)
        {
            return (alias, argument);
        }

        return Text(argument, "type") is "COMPARE_EQUAL" && argument["left"] is JsonObject left && argument["right"] is JsonObject right
            && left["column_names"] is JsonArray { Count: 1 } names
            ? (names[0]!.GetValue<string>(), right)
            : (null, argument);
    }

    private static string[]? Paths(JsonObject argument)
    {
        if (Constant(argument) is { } path)
        {
            return [path];
        }

        if (Text(argument, "function_name") is not "list_value" || argument["children"] is not JsonArray children)
        {
            return null;
        }

        var paths = children.Select(child => child is JsonObject item ? Constant(item) : null).OfType<string>().ToArray();
        return paths.Length == children.Count ? paths : null;
    }

    private static string? Constant(JsonObject node) =>
        Text(node, "class") is "CONSTANT" && node["value"] is JsonObject value && Text(value["type"], "id") is "VARCHAR"
        && value["value"] is { } text && text.GetValueKind() == JsonValueKind.String
            ? text.GetValue<string>()
            : null;

    /// <summary>An expression of the tree as SQL.</summary>
    private async Task<string> WriteAsync(JsonObject expression, CancellationToken cancellationToken)
    {
        var value = (JsonObject)expression.DeepClone();
        value["alias"] = "";
        var frame = JsonNode.Parse(
            await _planner.TextAsync("SELECT CAST(json_serialize_sql('SELECT 1') AS VARCHAR)", [], cancellationToken).ConfigureAwait(false))!;
        frame["statements"]![0]!["node"]!["select_list"] = new JsonArray(value);
        var text = await _planner.TextAsync("SELECT json_deserialize_sql(CAST($1 AS JSON))", [frame.ToJsonString()], cancellationToken).ConfigureAwait(false);
        return text["SELECT ".Length..];
    }

    private JsonObject? Table(JsonObject node, TableSource source, string alias)
    {
        if (_files.Count == ReadsMax)
        {
            return Keep(string.Create(CultureInfo.InvariantCulture, $"the text reads files more than {ReadsMax} times"));
        }

        var made = _files.Find(file => file.Source.Key == source.Key);
        if (made is null)
        {
            made = new PlannedFiles(string.Create(CultureInfo.InvariantCulture, $"{NamePrefix}{_files.Count}"), source);
            _files.Add(made);
        }

        return new JsonObject
        {
            ["type"] = "BASE_TABLE",
            ["alias"] = Text(node, "alias") is { Length: > 0 } given ? given : alias,
            ["sample"] = node["sample"]?.DeepClone(),
            ["query_location"] = node["query_location"]?.DeepClone(),
            ["schema_name"] = "",
            ["table_name"] = made.Table,
            ["column_name_alias"] = node["column_name_alias"]?.DeepClone(),
            ["catalog_name"] = "",
            ["at_clause"] = null,
        };
    }

    private JsonObject? Keep(string reason)
    {
        _reasons.Add(reason);
        return null;
    }

    // As DuckDB names it: what is before the first point, and for a glob the whole text.
    private static string AliasOf(string path) => path.AsSpan().IndexOfAny("*?[") >= 0 ? path : Path.GetFileName(path).Split('.')[0];

    private static string Text(JsonNode? node, string name) =>
        node is JsonObject members && members[name] is { } value && value.GetValueKind() == JsonValueKind.String ? value.GetValue<string>() : "";
}
