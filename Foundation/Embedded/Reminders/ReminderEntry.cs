namespace Orleans;

/// <summary>A stored reminder.</summary>
public class ReminderEntry
{
    /// <summary>The grain.</summary>
    public GrainId GrainId { get; set; }

    /// <summary>The name, unique within the grain.</summary>
    public string ReminderName { get; set; } = null!;

    /// <summary>When it ticks first, in UTC.</summary>
    public DateTime StartAt { get; set; }

    /// <summary>Time between two ticks.</summary>
    public TimeSpan Period { get; set; }

    /// <summary>The version that was read or written last.</summary>
    public string ETag { get; set; } = null!;

    /// <inheritdoc/>
    public override string ToString() => $"<{GrainId} {ReminderName} {StartAt:O} {Period} {ETag}>";
}

/// <summary>Some stored reminders.</summary>
public class ReminderTableData
{
    /// <summary>No reminder.</summary>
    public ReminderTableData()
        : this([])
    {
    }

    /// <summary>Several reminders.</summary>
    /// <param name="list">The reminders.</param>
    public ReminderTableData(IEnumerable<ReminderEntry> list) => Reminders = [.. list];

    /// <summary>One reminder.</summary>
    /// <param name="entry">The reminder.</param>
    public ReminderTableData(ReminderEntry entry) => Reminders = [entry];

    /// <summary>The reminders.</summary>
    public IList<ReminderEntry> Reminders { get; }

    /// <inheritdoc/>
    public override string ToString() => $"[{Reminders.Count} reminders: {string.Join(", ", Reminders)}]";
}
