using System.Globalization;
using System.Text.RegularExpressions;
using OrleansFlow.Sql.Stages;
using OrleansFlow.Sql.Tables;

namespace OrleansFlow.Sql.Planning;

/// <summary>
/// Plans of the texts that were planned last. A plan holds while its files and the described tables are what they were. Texts that say the time, or
/// anything else that planning makes a constant of, are planned each time. Thread-safe.
/// </summary>
/// <param name="changing">Functions that do not always give the same for the same arguments.</param>
internal sealed partial class PlanCache(IEnumerable<string> changing)
{
    // By what a plan holds, roughly: its texts, the operators of each stage, and the paths of its files in the parts of a scan.
    private const long BytesMax = 64L << 20;
    private const int BytesPerCharacter = 2;
    private const int BytesPerStage = 8 * 1_024;
    private const int BytesPerFile = 256;

    // What the grammar has words for, and functions that tell the time but say that they are constant.
    private static readonly string[] Always = ["current_timestamp", "current_time", "current_date", "localtime", "localtimestamp", "age", "ago"];

    private readonly HashSet<string> _changing = new(changing.Concat(Always), StringComparer.OrdinalIgnoreCase);
    private readonly WeightedCache<Entry> _plans = new(BytesMax);
    private long _version;

    /// <summary>Changes with every table that is described anew or forgotten.</summary>
    public long Version => Interlocked.Read(ref _version);

    /// <summary>Makes every plan old: a table is another one.</summary>
    public void Forget() => Interlocked.Increment(ref _version);

    /// <summary>The plan of a text.</summary>
    /// <param name="sql">The text.</param>
    /// <param name="options">What it was planned with.</param>
    /// <param name="describeAsync">Looks at the files of the plan as they are now.</param>
    /// <returns>Null: it has to be planned.</returns>
    public async Task<DistributedPlan?> FindAsync(string sql, StageOptions options, Func<IReadOnlyList<PlannedFiles>, Task<IReadOnlyList<TableDescription>>> describeAsync)
    {
        if (!_plans.TryGet(KeyOf(sql, options), out var known) || known.Version != Version)
        {
            return null;
        }

        // Files that are as they were have the very description that they had.
        var now = known.Plan.Files.Count == 0 ? [] : await describeAsync(known.Plan.Files).ConfigureAwait(false);
        return now.SequenceEqual(known.Descriptions, ReferenceEqualityComparer.Instance) ? known.Plan : null;
    }

    /// <summary>Remembers a plan, unless its text may come to another one by itself.</summary>
    /// <param name="sql">The text.</param>
    /// <param name="options">What it was planned with.</param>
    /// <param name="plan">The plan.</param>
    /// <param name="descriptions">Of its files, in their order.</param>
    /// <param name="version">As it was before the planning began.</param>
    public void Remember(string sql, StageOptions options, DistributedPlan plan, IReadOnlyList<TableDescription> descriptions, long version)
    {
        foreach (var word in Words().EnumerateMatches(sql))
        {
            if (_changing.GetAlternateLookup<ReadOnlySpan<char>>().Contains(sql.AsSpan(word.Index, word.Length)))
            {
                return;
            }
        }

        _plans.Set(KeyOf(sql, options), new Entry(version, plan, descriptions), BytesOf(sql, plan, descriptions));
    }

    private static long BytesOf(string sql, DistributedPlan plan, IReadOnlyList<TableDescription> descriptions) =>
        ((long)BytesPerCharacter * sql.Length)
        + plan.Stages.Sum(stage => ((long)BytesPerCharacter * stage.Sql.Length) + BytesPerStage)
        + descriptions.Sum(table => (long)BytesPerFile * table.Files.Count);

    private static string KeyOf(string sql, StageOptions options) =>
        string.Create(CultureInfo.InvariantCulture, $"{options.TaskCountMax} {options.PartitionsPerTask} {options.BytesPerTask} {options.BroadcastBytesMax}\n{sql}");

    [GeneratedRegex("[A-Za-z_][A-Za-z_0-9]*", RegexOptions.CultureInvariant)]
    private static partial Regex Words();

    private sealed record Entry(long Version, DistributedPlan Plan, IReadOnlyList<TableDescription> Descriptions);
}
