using System.ComponentModel.DataAnnotations;
using OrleansFlow.Hosting;

namespace OrleansFlow.Retention;

/// <summary>How long what has ended is kept. Section: <c>OrleansFlow:Retention</c>.</summary>
/// <remarks>Read once when a silo starts; a change takes effect with its next start. What has not ended is never touched.</remarks>
public sealed class RetentionOptions : IValidatableObject
{
    /// <summary>Configuration section these options bind to.</summary>
    public const string SectionName = "OrleansFlow:Retention";

    private static readonly TimeSpan AgeMax = TimeSpan.FromDays(3650);

    /// <summary>How long a run is kept after its end, with its artifacts, history and idempotency key. Longer: more room.</summary>
    /// <value>Default 30 days. Range 0 to 3650 days; 0: no limit.</value>
    public TimeSpan RunAge { get; set; } = TimeSpan.FromDays(30);

    /// <summary>Most ended runs that are kept; those that were submitted first go first. A limit makes each sweep count the runs.</summary>
    /// <value>Default 0: no limit. Range 0 to 100 000 000.</value>
    public long RunCountMax { get; set; }

    /// <summary>Most bytes of artifacts of ended runs that are kept, by what the runs say of their batches. A limit makes each sweep count them.</summary>
    /// <value>Default 0: no limit. Range 0 to 1 PiB.</value>
    public long ArtifactBytesMax { get; set; }

    /// <summary>How long a standalone task is kept after its end.</summary>
    /// <value>Default 7 days. Range 0 to 3650 days; 0: no limit.</value>
    public TimeSpan TaskAge { get; set; } = TimeSpan.FromDays(7);

    /// <summary>Time from one sweep to the next. Shorter: less is kept too long, more reading.</summary>
    /// <value>Default 10 min. Range 1 min to 1 day.</value>
    public TimeSpan SweepInterval { get; set; } = TimeSpan.FromMinutes(10);

    /// <summary>Most runs, and most thousands of standalone tasks, that one sweep deletes, so that it never takes the silo for long. The rest waits for the next one.</summary>
    /// <value>Default 1 000. Range 1 to 100 000.</value>
    public int SweepMax { get; set; } = 1_000;

    /// <inheritdoc/>
    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        string?[] faults =
        [
            OptionRange.Fault(SectionName, nameof(RunAge), RunAge, TimeSpan.Zero, AgeMax),
            OptionRange.Fault(SectionName, nameof(RunCountMax), RunCountMax, 0L, 100_000_000L),
            OptionRange.Fault(SectionName, nameof(ArtifactBytesMax), ArtifactBytesMax, 0L, 1L << 50),
            OptionRange.Fault(SectionName, nameof(TaskAge), TaskAge, TimeSpan.Zero, AgeMax),
            OptionRange.Fault(SectionName, nameof(SweepInterval), SweepInterval, TimeSpan.FromMinutes(1), TimeSpan.FromDays(1)),
            OptionRange.Fault(SectionName, nameof(SweepMax), SweepMax, 1, 100_000),
        ];
        return faults.OfType<string>().Select(fault => new ValidationResult(fault));
    }
}
