using System.Text.Json;
using System.Text.Json.Nodes;

namespace OrleansFlow.Sql.Planning;

/// <summary>
/// Puts the queries of views in their places. DuckDB parses each text into a tree, in which a view's name becomes its query, and writes it again; so files that a view
/// reads are seen like those that the query names itself.
/// </summary>
internal sealed class ViewTexts(SqlPlanner planner, IReadOnlyDictionary<string, string> views, IReadOnlyDictionary<string, string> names, (string Catalog, string Schema) registered)
{
    // Views of views; a circle ends here.
    private const int DepthMax = 32;

    // Views that read views twice each grow fast.
    private const int PlacesMax = 1_000;

    private static readonly JsonDocumentOptions Deep = new() { MaxDepth = 4_096 };

    private readonly Dictionary<string, JsonObject?> _trees = new(StringComparer.OrdinalIgnoreCase);
    private int _placeCount;
    private bool _isLost;

    /// <summary>The text with its views.</summary>
    /// <returns>Null where it would not mean the same.</returns>
    public async Task<string?> ExpandAsync(string sql, CancellationToken cancellationToken)
    {
        if (await ParseAsync(planner, sql, cancellationToken).ConfigureAwait(false) is not { } tree)
        {
            return null;
        }

        var hidden = new HashSet<string>(StringComparer.OrdinalIgnoreCase);
        CollectNames(tree, hidden);
        await VisitAsync(tree, hidden, 0, cancellationToken).ConfigureAwait(false);
        return _isLost
            ? null
            : await planner.TextAsync("SELECT json_deserialize_sql(CAST($1 AS JSON))", [tree.ToJsonString()], cancellationToken).ConfigureAwait(false);
    }

    /// <summary>The tree of a text; null where DuckDB does not write it as one.</summary>
    internal static async Task<JsonObject?> ParseAsync(SqlPlanner planner, string sql, CancellationToken cancellationToken)
    {
        var text = await planner.TextAsync("SELECT CAST(json_serialize_sql(CAST($1 AS VARCHAR)) AS VARCHAR)", [sql], cancellationToken).ConfigureAwait(false);
        try
        {
            return JsonNode.Parse(text, null, Deep) is JsonObject tree && tree["error"]?.GetValueKind() != JsonValueKind.True ? tree : null;
        }
        catch (JsonException)
        {
            // Some constants are written so that the text is no JSON.
            return null;
        }
    }

    /// <summary>Names of common table expressions: they hide tables and files.</summary>
    internal static void CollectNames(JsonNode? node, HashSet<string> names)
    {
        if (node is JsonArray items)
        {
            foreach (var item in items)
            {
                CollectNames(item, names);
            }
        }
        else if (node is JsonObject members)
        {
            foreach (var (name, value) in members)
            {
                if (name is "cte_map" && value?["map"] is JsonArray map)
                {
                    names.UnionWith(map.Select(entry => Text(entry, "key")));
                }

                CollectNames(value, names);
            }
        }
    }

    private async Task VisitAsync(JsonNode node, HashSet<string> hidden, int depth, CancellationToken cancellationToken)
    {
        if (node is JsonArray items)
        {
            for (var index = 0; index < items.Count && !_isLost; index++)
            {
                if (items[index] is { } item)
                {
                    await VisitAsync(item, hidden, depth, cancellationToken).ConfigureAwait(false);
                }
            }
        }
        else if (node is JsonObject members)
        {
            foreach (var name in members.Select(member => member.Key).ToArray())
            {
                if (members[name] is { } value && !_isLost)
                {
                    if (value is JsonObject table && Text(table, "type") is "BASE_TABLE")
                    {
                        await ReplaceAsync(members, name, table, hidden, depth, cancellationToken).ConfigureAwait(false);
                    }
                    else
                    {
                        await VisitAsync(value, hidden, depth, cancellationToken).ConfigureAwait(false);
                    }
                }
            }
        }
    }

    private async Task ReplaceAsync(JsonObject parent, string member, JsonObject table, HashSet<string> hidden, int depth, CancellationToken cancellationToken)
    {
        var (catalog, schema, name) = (Text(table, "catalog_name"), Text(table, "schema_name"), Text(table, "table_name"));
        if (schema.Length > 0 && names.TryGetValue($"{(catalog.Length == 0 ? registered.Catalog : catalog)}.{schema}.{name}", out var called))
        {
            table["alias"] = Text(table, "alias") is { Length: > 0 } alias ? alias : name;
            (table["catalog_name"], table["schema_name"], table["table_name"]) = ("", "", called);
            return;
        }

        var isQualified = catalog.Length + schema.Length > 0;
        var isOurs = (catalog.Length == 0 || Is(catalog, registered.Catalog)) && (schema.Length == 0 || Is(schema, registered.Schema) || (catalog.Length == 0 && Is(schema, registered.Catalog)));
        if (!isOurs)
        {
            return;
        }

        if (isQualified && hidden.Contains(name))
        {
            // Without its schema it would be the other one.
            _isLost = true;
            return;
        }

        if (isQualified)
        {
            (table["catalog_name"], table["schema_name"]) = ("", "");
        }

        // What is hidden somewhere in the text is left alone: here it may be the view, and then nobody knows its name.
        if (hidden.Contains(name) || !views.TryGetValue(name, out var query))
        {
            return;
        }

        if (depth == DepthMax || ++_placeCount > PlacesMax || table["at_clause"] is not null || await BodyAsync(name, query, cancellationToken).ConfigureAwait(false) is not { } body)
        {
            _isLost = true;
            return;
        }

        var own = new HashSet<string>(StringComparer.OrdinalIgnoreCase);
        CollectNames(body, own);
        if (hidden.Count > 0 && Reads(body, hidden, own))
        {
            _isLost = true;
            return;
        }

        await VisitAsync(body, own, depth + 1, cancellationToken).ConfigureAwait(false);
        parent[member] = new JsonObject
        {
            ["type"] = "SUBQUERY",
            ["alias"] = Text(table, "alias") is { Length: > 0 } given ? given : name,
            ["sample"] = table["sample"]?.DeepClone(),
            ["query_location"] = table["query_location"]?.DeepClone(),
            ["subquery"] = body,
            ["column_name_alias"] = table["column_name_alias"]?.DeepClone(),
        };
    }

    /// <summary>A copy of the tree of a view's query, as a sub-query holds it.</summary>
    private async Task<JsonObject?> BodyAsync(string name, string query, CancellationToken cancellationToken)
    {
        if (!_trees.TryGetValue(name, out var known))
        {
            _trees[name] = known = await ParseAsync(planner, query, cancellationToken).ConfigureAwait(false);
        }

        return known?["statements"] is JsonArray { Count: 1 } statements ? (JsonObject)statements[0]!.DeepClone() : null;
    }

    /// <summary>Whether a tree reads, without a schema, a table that is called like something of the text around it.</summary>
    private static bool Reads(JsonNode? node, HashSet<string> names, HashSet<string> own) => node switch
    {
        JsonArray items => items.Any(item => Reads(item, names, own)),
        JsonObject members => (Text(members, "type") is "BASE_TABLE" && Text(members, "table_name") is var name && names.Contains(name) && !own.Contains(name))
            || members.Any(member => Reads(member.Value, names, own)),
        _ => false,
    };

    private static bool Is(string left, string right) => left.Equals(right, StringComparison.OrdinalIgnoreCase);

    private static string Text(JsonNode? node, string name) =>
        node is JsonObject members && members[name] is { } value && value.GetValueKind() == JsonValueKind.String ? value.GetValue<string>() : "";
}
