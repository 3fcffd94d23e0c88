using System.Globalization;
using System.Text.Json.Serialization;

namespace OrleansFlow.Queries;

/// <summary>Where a query on workers stands.</summary>
public sealed record QueryStatus
{
    /// <summary>It was not heard of yet, or runs in the gateway's own process.</summary>
    public const string Pending = "pending";

    /// <summary>It waits for its turn.</summary>
    public const string Waiting = "waiting";

    /// <summary>Its tasks run.</summary>
    public const string Running = "running";

    /// <summary>All its rows were handed on.</summary>
    public const string Complete = "complete";

    /// <summary>It ended otherwise; <see cref="Failure"/> says why.</summary>
    public const string Failed = "failed";

    /// <summary>Its id.</summary>
    public required string QueryId { get; init; }

    /// <summary>One of the constants here.</summary>
    public required string State { get; init; }

    /// <summary>Its place among those of its tenant that wait, from 1; 0: it does not wait.</summary>
    public int Position { get; init; }

    /// <summary>Whose turns it takes.</summary>
    public string Tenant { get; init; } = "";

    /// <summary>The proved name of its caller; empty where none was.</summary>
    public string Owner { get; init; } = "";

    /// <summary>The beginning of its text; null: it is another caller's.</summary>
    public string? Sql { get; init; }

    /// <summary>When it came; null: not known.</summary>
    public DateTimeOffset? SubmittedUtc { get; init; }

    /// <summary>Attempts of tasks beyond the first ones.</summary>
    public int RetryCount { get; init; }

    /// <summary>Its stages, producers first; none before its tasks have places.</summary>
    public IReadOnlyList<StageStatus> Stages { get; init; } = [];

    /// <summary>Why it failed.</summary>
    public string? Failure { get; init; }

    /// <summary>Whether it goes on.</summary>
    [JsonIgnore]
    public bool IsOver => State is Complete or Failed;

    /// <summary>How far it is, in one line for people; the state alone where there is nothing more to say.</summary>
    public override string ToString() => State switch
    {
        Waiting => string.Create(CultureInfo.InvariantCulture, $"waiting, place {Position}"),
        Running when Stages.Count > 0 => string.Create(
            CultureInfo.InvariantCulture,
            $"stages {Stages.Count(stage => stage.Done == stage.Tasks)}/{Stages.Count}, tasks {Stages.Sum(stage => stage.Done)}/{Stages.Sum(stage => stage.Tasks)} ({Stages.Sum(stage => stage.Running)} running), rows {Stages.Sum(stage => stage.Rows)}{(RetryCount > 0 ? $", {RetryCount} run again" : "")}"),
        _ => State,
    };
}

/// <summary>How far a stage of a query is.</summary>
/// <param name="Stage">Its number, from 1.</param>
/// <param name="Tasks">Its tasks.</param>
/// <param name="Waiting">Those that have not begun.</param>
/// <param name="Running">Those that run.</param>
/// <param name="Done">Those that have made all their rows.</param>
/// <param name="Rows">Rows that were made; a little old.</param>
/// <param name="Bytes">Bytes that were written for the next stage; a little old.</param>
public sealed record StageStatus(int Stage, int Tasks, int Waiting, int Running, int Done, long Rows, long Bytes);
