namespace Orleans.Timers;

/// <summary>Registers reminders of grains.</summary>
public interface IReminderRegistry
{
    /// <summary>Adds or changes a reminder; durable when the task ends.</summary>
    /// <param name="callingGrainId">The grain.</param>
    /// <param name="reminderName">Its name, unique within the grain.</param>
    /// <param name="dueTime">Time to the first tick.</param>
    /// <param name="period">Time between two ticks; at least <see cref="Hosting.ReminderOptions.MinimumReminderPeriod"/>.</param>
    /// <returns>The reminder.</returns>
    Task<IGrainReminder> RegisterOrUpdateReminder(GrainId callingGrainId, string reminderName, TimeSpan dueTime, TimeSpan period);

    /// <summary>Removes a reminder.</summary>
    /// <param name="callingGrainId">The grain.</param>
    /// <param name="reminder">The reminder.</param>
    /// <returns>A task that ends when it is removed.</returns>
    Task UnregisterReminder(GrainId callingGrainId, IGrainReminder reminder);

    /// <summary>Finds a reminder.</summary>
    /// <param name="callingGrainId">The grain.</param>
    /// <param name="reminderName">Its name.</param>
    /// <returns>The reminder; null when there is none.</returns>
    Task<IGrainReminder?> GetReminder(GrainId callingGrainId, string reminderName);

    /// <summary>Finds all reminders of a grain.</summary>
    /// <param name="callingGrainId">The grain.</param>
    /// <returns>The reminders.</returns>
    Task<List<IGrainReminder>> GetReminders(GrainId callingGrainId);
}
