using System.Collections.Frozen;
using OrleansFlow.Inputs;

namespace OrleansFlow.Decisions.Inputs;

/// <summary>The input adapters that every worker of this version has.</summary>
public static class BuiltInAdapters
{
    /// <summary>Reads the artifacts of parents, one by one.</summary>
    public const string FromArtifacts = "pull.from_artifacts";

    /// <summary>Reads the artifacts of parents in pieces of a size.</summary>
    public const string Rechunk = "pull.from_artifacts.rechunk:size";

    /// <summary>Reads row ranges of files.</summary>
    public const string Files = "pull.files";

    /// <summary>Reads the result of a statement over artifacts and files.</summary>
    public const string Query = "pull.query";

    /// <summary>Reads a database page by page.</summary>
    public const string Cursor = "pull.cursor";

    /// <summary>Most rows of a batch that an adapter makes.</summary>
    public const int BatchRowsMax = 1_048_576;

    /// <summary>Longest wait that <c>poll_ms</c> and <c>backoff_max_ms</c> may name: an hour.</summary>
    public const int WaitMsMax = 3_600_000;

    /// <summary>Most texts of a list.</summary>
    private const int ListMax = 1_000;

    private static readonly AdapterArgument[] Pulling =
    [
        new("from_nodes", AdapterArgumentKind.ParentList) { Excludes = "from_node" },
        new("from_node", AdapterArgumentKind.Parent),
        new("poll_ms", AdapterArgumentKind.WholeNumber) { Minimum = 1, Maximum = WaitMsMax },
        new("backoff_max_ms", AdapterArgumentKind.WholeNumber) { Minimum = 1, Maximum = WaitMsMax },
        new("eof_on_task_done", AdapterArgumentKind.Boolean),
        new("share", AdapterArgumentKind.Text) { Choices = ["divide", "all"] },
    ];

    private static readonly AdapterArgument BatchRows = new("batch_rows", AdapterArgumentKind.WholeNumber) { Minimum = 1, Maximum = BatchRowsMax };

    /// <summary>All of them, in the order of their names.</summary>
    public static IReadOnlyList<AdapterSchema> All { get; } =
    [
        new(Cursor,
        [
            new("connection", AdapterArgumentKind.Text, IsRequired: true),
            new("table", AdapterArgumentKind.Text) { Excludes = "query" },
            new("query", AdapterArgumentKind.Text),
            new("columns", AdapterArgumentKind.TextList) { Minimum = 1, Maximum = ListMax, Excludes = "query" },
            new("key", AdapterArgumentKind.TextList, IsRequired: true) { Minimum = 1, Maximum = 16 },
            BatchRows,
        ]) { IsSingleTask = true },
        new(Files,
        [
            new("paths", AdapterArgumentKind.TextList, IsRequired: true) { Minimum = 1, Maximum = ListMax },
            new("format", AdapterArgumentKind.Text) { Choices = ["auto", "parquet", "csv", "json"] },
            new("columns", AdapterArgumentKind.TextList) { Minimum = 1, Maximum = ListMax },
            BatchRows,
        ]),
        new(FromArtifacts, Pulling) { Aliases = ["pull.artifacts", "pull.from.upstream"] },
        new(Rechunk,
        [
            .. Pulling,
            new("size", AdapterArgumentKind.WholeNumber, IsRequired: true) { Minimum = 1, Maximum = int.MaxValue },
            new("meta_list_key", AdapterArgumentKind.Text),
        ]) { Aliases = ["pull.from_artifacts.rechunk", "pull.rechunk"] },
        new(Query,
        [
            new("statement", AdapterArgumentKind.Text, IsRequired: true),
            new("from_nodes", AdapterArgumentKind.ParentList),
            new("files", AdapterArgumentKind.JsonObject),
            BatchRows,
        ]) { IsSingleTask = true },
    ];

    private static readonly FrozenDictionary<string, AdapterSchema> ByName =
        All.SelectMany(schema => schema.Aliases.Prepend(schema.Name).Select(name => (name, schema))).ToFrozenDictionary(pair => pair.name, pair => pair.schema, StringComparer.Ordinal);

    /// <summary>The adapter of a name or alias; null when none has it.</summary>
    public static AdapterSchema? Find(string name) => ByName.GetValueOrDefault(name);
}
