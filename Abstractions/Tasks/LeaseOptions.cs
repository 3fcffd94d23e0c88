using System.ComponentModel.DataAnnotations;
using OrleansFlow.Hosting;

namespace OrleansFlow.Tasks;

/// <summary>How long a worker may hold a task and how often it must say that it is alive. Section: <c>OrleansFlow:Leases</c>.</summary>
/// <remarks>Read once when a silo starts; a change takes effect with its next start.</remarks>
public sealed class LeaseOptions : IValidatableObject
{
    /// <summary>Configuration section these options bind to.</summary>
    public const string SectionName = "OrleansFlow:Leases";

    private const int RemakesMax = 100;

    /// <summary>Time from a grant or renewal to expiry. Longer: fewer needless takeovers of a slow worker, slower takeover of a silent one.</summary>
    /// <value>Default 60 s. Range 1 s to 1 h.</value>
    public TimeSpan Duration { get; set; } = TimeSpan.FromSeconds(60);

    /// <summary>Time between a worker's heartbeats, each of which renews every lease of its session. Longer: fewer messages, later news of lost leases.</summary>
    /// <value>Default 5 s. Range 100 ms to 20 min; at most a third of <see cref="Duration"/>, so that two lost heartbeats lose no lease.</value>
    public TimeSpan HeartbeatInterval { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>How long a worker whose stream broke keeps its leases. Longer: survives longer network faults, takes dead workers over later.</summary>
    /// <value>Default 500 ms. Range 0 to 1 h; at most <see cref="Duration"/>, which ends the leases anyway.</value>
    public TimeSpan ReconnectGrace { get; set; } = TimeSpan.FromMilliseconds(500);

    /// <summary>
    /// Silence after which a worker is suspected: it gets no new tasks until it is heard of again. Longer: fewer tasks held back from a slow
    /// worker, more tasks given to a dead one.
    /// </summary>
    /// <value>Default null: three times <see cref="HeartbeatInterval"/>. Range <see cref="HeartbeatInterval"/> to <see cref="HardSilence"/>.</value>
    public TimeSpan? SoftSilence { get; set; }

    /// <summary>Silence after which a worker is offline: its session ends, what it held is ready again, and its id is free for another session.</summary>
    /// <value>Default null: <see cref="Duration"/>, after which its leases have expired anyway. Range <see cref="Duration"/> to 1 d.</value>
    public TimeSpan? HardSilence { get; set; }

    /// <summary>
    /// How often a task may be taken over, because its worker was lost, before it fails for good with <c>too_many_takeovers</c>: a task that
    /// kills its workers ends there. A node's <c>max_takeovers</c> wins over it.
    /// </summary>
    /// <value>Default null: no bound. Range 0 to 1 000.</value>
    public int? MaxTakeovers { get; set; }

    /// <summary>
    /// How often a task of a run is asked to make its output again because a file of it is gone, before whoever reads it fails for good with
    /// <c>artifact_lost</c>. More: survives a store that loses files more often, hides that it does for longer.
    /// </summary>
    /// <value>Default 3. Range 0 to 100; 0: never.</value>
    public int MaxRemakes { get; set; } = 3;

    /// <summary>What is otherwise for single roles, by role.</summary>
    /// <value>Default none.</value>
    public IDictionary<string, RoleLeaseOptions> Roles { get; } = new SortedDictionary<string, RoleLeaseOptions>(StringComparer.Ordinal);

    /// <summary>The <see cref="SoftSilence"/> that holds.</summary>
    public TimeSpan SoftSilenceInForce => SoftSilence ?? (HeartbeatInterval * 3 < HardSilenceInForce ? HeartbeatInterval * 3 : HardSilenceInForce);

    /// <summary>The <see cref="HardSilence"/> that holds.</summary>
    public TimeSpan HardSilenceInForce => HardSilence ?? Duration;

    /// <summary>The reconnect grace of a role.</summary>
    public TimeSpan ReconnectGraceOf(string role) => Roles.TryGetValue(role, out var own) && own.ReconnectGrace is { } grace ? grace : ReconnectGrace;

    /// <summary>The bound on takeovers of a role's tasks; null for none.</summary>
    public int? MaxTakeoversOf(string role) => Roles.TryGetValue(role, out var own) && own.MaxTakeovers is { } most ? most : MaxTakeovers;

    /// <summary>
    /// How long a silo serves sessions before leases that stood when it started may be revoked for want of a session.
    /// Longer: slower takeover after a silo's restart, more time for workers to come back.
    /// </summary>
    /// <value>Default 5 s. Range 0 to 10 min.</value>
    public TimeSpan ServingGrace { get; set; } = TimeSpan.FromSeconds(5);

    /// <inheritdoc/>
    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        string?[] faults =
        [
            OptionRange.Fault(SectionName, nameof(Duration), Duration, TimeSpan.FromSeconds(1), TimeSpan.FromHours(1)),
            OptionRange.Fault(SectionName, nameof(HeartbeatInterval), HeartbeatInterval, TimeSpan.FromMilliseconds(100), TimeSpan.FromMinutes(20)),
            OptionRange.Fault(SectionName, nameof(ReconnectGrace), ReconnectGrace, TimeSpan.Zero, TimeSpan.FromHours(1)),
            OptionRange.Fault(SectionName, nameof(ServingGrace), ServingGrace, TimeSpan.Zero, TimeSpan.FromMinutes(10)),
            OptionRange.Fault(SectionName, nameof(HardSilence), HardSilence ?? TimeSpan.FromHours(1), TimeSpan.FromSeconds(1), TimeSpan.FromDays(1)),
            OptionRange.Fault(SectionName, nameof(SoftSilence), SoftSilence ?? TimeSpan.FromHours(1), TimeSpan.FromMilliseconds(100), TimeSpan.FromDays(1)),
            OptionRange.Fault(SectionName, nameof(MaxTakeovers), MaxTakeovers ?? 0, 0, RoleLeaseOptions.TakeoversMax),
            OptionRange.Fault(SectionName, nameof(MaxRemakes), MaxRemakes, 0, RemakesMax),
            .. Roles.SelectMany(role => role.Value.Faults($"{SectionName}:{nameof(Roles)}:{role.Key}", Duration)),
        ];
        foreach (var fault in faults.OfType<string>())
        {
            yield return new ValidationResult(fault);
        }

        // By division: the product of an absurd value would overflow.
        if (HeartbeatInterval.Ticks > Duration.Ticks / 3)
        {
            yield return new ValidationResult(
                $"{SectionName}:{nameof(HeartbeatInterval)} ({HeartbeatInterval}) must be at most a third of {nameof(Duration)} ({Duration}).",
                [nameof(HeartbeatInterval)]);
        }

        if (HardSilence < Duration)
        {
            yield return new ValidationResult(
                $"{SectionName}:{nameof(HardSilence)} ({HardSilence}) must be at least {nameof(Duration)} ({Duration}).", [nameof(HardSilence)]);
        }

        if (SoftSilence is { } soft && (soft < HeartbeatInterval || soft > HardSilenceInForce))
        {
            yield return new ValidationResult(
                $"{SectionName}:{nameof(SoftSilence)} ({soft}) must be from {nameof(HeartbeatInterval)} ({HeartbeatInterval}) to {nameof(HardSilence)} ({HardSilenceInForce}).",
                [nameof(SoftSilence)]);
        }

        if (ReconnectGrace > Duration)
        {
            yield return new ValidationResult(
                $"{SectionName}:{nameof(ReconnectGrace)} ({ReconnectGrace}) must be at most {nameof(Duration)} ({Duration}).",
                [nameof(ReconnectGrace)]);
        }
    }
}
