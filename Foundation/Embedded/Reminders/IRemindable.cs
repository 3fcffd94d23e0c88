namespace Orleans
{
    /// <summary>A grain that receives reminders: durable timers that also wake it when it is not active.</summary>
    public interface IRemindable : IGrain
    {
        /// <summary>A reminder ticked.</summary>
        /// <param name="reminderName">Its name.</param>
        /// <param name="status">Its times.</param>
        /// <returns>A task; its failure is logged, and the next tick comes.</returns>
        Task ReceiveReminder(string reminderName, TickStatus status);
    }
}

namespace Orleans.Runtime
{
    /// <summary>A registered reminder.</summary>
    public interface IGrainReminder
    {
        /// <summary>Its name, unique within the grain.</summary>
        string ReminderName { get; }
    }

    /// <summary>The times of a reminder's tick.</summary>
    [GenerateSerializer, Immutable]
    public readonly struct TickStatus
    {
        /// <summary>Creates a status.</summary>
        /// <param name="firstTickTime">When the reminder ticked first, in UTC.</param>
        /// <param name="period">Time between two ticks.</param>
        /// <param name="timeStamp">When this tick was made, in UTC.</param>
        public TickStatus(DateTime firstTickTime, TimeSpan period, DateTime timeStamp)
        {
            FirstTickTime = firstTickTime;
            Period = period;
            CurrentTickTime = timeStamp;
        }

        /// <summary>When the reminder ticked first, in UTC.</summary>
        [Id(0)]
        public DateTime FirstTickTime { get; }

        /// <summary>Time between two ticks.</summary>
        [Id(1)]
        public TimeSpan Period { get; }

        /// <summary>When this tick was made, in UTC.</summary>
        [Id(2)]
        public DateTime CurrentTickTime { get; }

        /// <inheritdoc/>
        public override string ToString() => $"<{FirstTickTime:O}, {Period}, {CurrentTickTime:O}>";
    }
}
