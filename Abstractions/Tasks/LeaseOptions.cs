using System.ComponentModel.DataAnnotations;
using OrleansFlow.Hosting;

namespace OrleansFlow.Tasks;

/// <summary>How long a worker may hold a task and how often it must say that it is alive. Section: <c>OrleansFlow:Leases</c>.</summary>
/// <remarks>Read once when a silo starts; a change takes effect with its next start.</remarks>
public sealed class LeaseOptions : IValidatableObject
{
    /// <summary>Configuration section these options bind to.</summary>
    public const string SectionName = "OrleansFlow:Leases";

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

        if (ReconnectGrace > Duration)
        {
            yield return new ValidationResult(
                $"{SectionName}:{nameof(ReconnectGrace)} ({ReconnectGrace}) must be at most {nameof(Duration)} ({Duration}).",
                [nameof(ReconnectGrace)]);
        }
    }
}
