using System.Collections.Immutable;
using System.Text.Json.Serialization;
using OrleansFlow.Decisions.Graphs;
using OrleansFlow.Graphs;

namespace OrleansFlow.Grains.Graphs;

/// <summary>Stored form of a change of status.</summary>
[GenerateSerializer, Immutable, Alias("OrleansFlow.StatusChangeRow")]
internal sealed class StatusChangeRow
{
    [Id(0), JsonPropertyName("f"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public int? From { get; set; }

    [Id(1), JsonPropertyName("t")]
    public int To { get; set; }

    [Id(2), JsonPropertyName("at")]
    public DateTimeOffset AtUtc { get; set; }

    [Id(3), JsonPropertyName("why"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public string? Reason { get; set; }

    /// <summary>Null for none.</summary>
    public static List<StatusChangeRow>? Of(ImmutableList<StatusChange> changes) => changes.IsEmpty ? null :
        [.. changes.Select(change => new StatusChangeRow { From = (int?)change.From, To = (int)change.To, AtUtc = change.AtUtc, Reason = change.Reason })];

    public static ImmutableList<StatusChange> ToHistory(List<StatusChangeRow>? rows) =>
        rows is null ? [] : [.. rows.Select(row => new StatusChange((RunStatus?)row.From, (RunStatus)row.To, row.AtUtc, row.Reason))];
}
