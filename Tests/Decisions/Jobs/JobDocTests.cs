using System.Globalization;
using System.Text.RegularExpressions;
using OrleansFlow.Decisions.Jobs;

namespace OrleansFlow.Tests.Decisions.Jobs;

/// <summary>Goal: docs/streaming/jobs.md says what the code does.</summary>
public sealed partial class JobDocTests
{
    private static readonly string Page = File.ReadAllText(Path.Combine(RepositoryRoot.Path, "docs", "streaming", "jobs.md"));

    [Fact]
    public void Picture_ShowsEveryAllowedTransition_AndNoOther()
    {
        var drawn = Arrow().Matches(Page).Select(match => (Enum.Parse<JobStatus>(match.Groups[1].Value), Enum.Parse<JobStatus>(match.Groups[2].Value))).ToHashSet();
        var allowed = from one in Enum.GetValues<JobStatus>() from other in Enum.GetValues<JobStatus>() where JobTransitions.IsAllowed(one, other) select (one, other);

        Assert.Equal(allowed.Order(), drawn.Order());
    }

    [Fact]
    public void TableOfWaits_HasTheDefaultOfEveryOne()
    {
        var rows = Row().Matches(Page).ToDictionary(match => match.Groups[2].Value, match => match.Groups[1].Value.Trim());
        var waits = typeof(JobRules).GetProperties().Where(property => property.PropertyType == typeof(TimeSpan) && !property.GetMethod!.IsStatic)
            .Where(property => property.Name is not ("SlotRetry" or "HealthyAfter" or "BackoffFirst" or "CheckpointBound"));

        Assert.All(waits, property => Assert.Equal(Text((TimeSpan)property.GetValue(JobRules.Default)!), rows[property.Name]));
        Assert.Equal(Text(JobRules.Default.CheckpointBound * 2), rows["CheckpointBound"]);
    }

    private static string Text(TimeSpan time) => time < TimeSpan.FromMinutes(1)
        ? string.Create(CultureInfo.InvariantCulture, $"{time.TotalSeconds} s")
        : string.Create(CultureInfo.InvariantCulture, $"{time.TotalMinutes} min");

    [GeneratedRegex(@"^    (\w+) --> (\w+)\r?$", RegexOptions.Multiline)]
    private static partial Regex Arrow();

    [GeneratedRegex(@"^\|[^|\n]*\|([^|\n]*)\|[^|\n]*\|[^|\n]*`(\w+)` \|\r?$", RegexOptions.Multiline)]
    private static partial Regex Row();
}
