using System.Globalization;

namespace OrleansFlow.Tests.Streaming.Lives;

/// <summary>A case of the three lives: a streaming text, what it reads, and the batch query whose rows it has to give.</summary>
internal sealed record LifeCase
{
    private const string GoldenKey = "golden";
    private const string FileKey = "file";

    public required string Name { get; init; }

    /// <summary>The chapter of the reference that shows it: the first word of its name.</summary>
    public string Chapter => Name.Split('-')[0];

    /// <summary>What it shows, in a sentence.</summary>
    public required string What { get; init; }

    /// <summary>The text, without the head.</summary>
    public required string Sql { get; init; }

    /// <summary>Batch queries by the sink that they tell of.</summary>
    public required IReadOnlyDictionary<string, string> Goldens { get; init; }

    /// <summary>Batch queries over <c>e</c> by the file of the folder <c>$input</c> that they make.</summary>
    public required IReadOnlyDictionary<string, string> Files { get; init; }

    /// <summary>Whether no rows come out of it.</summary>
    public bool IsEmpty { get; init; }

    /// <summary>Whether all of its data may be through before the last life: there is too little of it.</summary>
    public bool IsShort { get; init; }

    /// <summary>Rows that the sources give between two checkpoints of the second life.</summary>
    public int RowsBetweenCheckpoints { get; init; } = 300;

    /// <summary>Rows of the generated table <c>e</c>; 0: it is not read.</summary>
    public int EventCount { get; init; }

    /// <summary>The file of the shared data that is read; null for none.</summary>
    public string? SharedFile { get; init; }

    /// <summary>What the planner has to say instead of planning it; null where it runs.</summary>
    public string? Fails { get; init; }

    public static string Folder => Path.Combine(RepositoryRoot.Path, "Tests", "Streaming", "Lives", "Cases");

    public static IReadOnlyList<string> Names => [.. Directory.GetFiles(Folder, "*.sql").Select(file => Path.GetFileNameWithoutExtension(file)).Order(StringComparer.Ordinal)];

    /// <summary>Reads a case. The head are the comments before the first statement: <c>-- key: value</c>; a key that is there again goes on.</summary>
    public static LifeCase Read(string name)
    {
        var lines = File.ReadAllLines(Path.Combine(Folder, name + ".sql"));
        var head = lines.TakeWhile(line => line.StartsWith("--", StringComparison.Ordinal)).ToList();
        var values = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var line in head)
        {
            var (key, value) = line[2..].Split(':', 2, StringSplitOptions.TrimEntries) is [var first, var second] ? (first, second) : throw new FormatException($"{name}: '{line}' is no '-- key: value'.");
            values[key] = values.TryGetValue(key, out var before) ? $"{before}\n{value}" : value;
        }

        var data = values["data"].Split(':');
        var result = new LifeCase
        {
            Name = name,
            What = values["what"],
            Sql = string.Join('\n', lines.Skip(head.Count)).Trim(),
            Goldens = values.Where(pair => pair.Key.StartsWith(GoldenKey, StringComparison.Ordinal)).ToDictionary(pair => pair.Key == GoldenKey ? "o" : pair.Key[GoldenKey.Length..].Trim(), pair => pair.Value),
            Files = values.Where(pair => pair.Key.StartsWith(FileKey, StringComparison.Ordinal)).ToDictionary(pair => pair.Key[FileKey.Length..].Trim(), pair => pair.Value),
            IsEmpty = values.GetValueOrDefault("rows") == "none",
            IsShort = values.GetValueOrDefault("length") == "short",
            RowsBetweenCheckpoints = int.Parse(values.GetValueOrDefault("rows between checkpoints", "300"), CultureInfo.InvariantCulture),
            EventCount = data is ["generated", var count] ? int.Parse(count, CultureInfo.InvariantCulture) : 0,
            SharedFile = data is [not ("generated" or "impulse")] ? data[0] + ".json" : null,
            Fails = values.GetValueOrDefault("fails"),
        };
        return (result.Goldens.Count > 0) == (result.Fails is null) ? result : throw new FormatException($"{name} has either a golden or fails.");
    }
}
