namespace Orleans.Configuration
{
    /// <summary>Which cluster a silo or client belongs to.</summary>
    public class ClusterOptions
    {
        /// <summary>The cluster.</summary>
        /// <value>Default <c>default</c>.</value>
        public string ClusterId { get; set; } = "default";

        /// <summary>The service, whose stored state outlives a cluster.</summary>
        /// <value>Default <c>default</c>.</value>
        public string ServiceId { get; set; } = "default";
    }

    /// <summary>The silo's own settings.</summary>
    public class SiloOptions
    {
        /// <summary>The silo's name in logs.</summary>
        /// <value>Default: made at start.</value>
        public string SiloName { get; set; } = null!;
    }

    /// <summary>Limits of messages, for silos and clients.</summary>
    public abstract class MessagingOptions
    {
        /// <summary>How long a caller waits for an answer before it gets a <see cref="TimeoutException"/>.</summary>
        /// <value>Default 30 s. Longer: stuck calls are noticed later.</value>
        public TimeSpan ResponseTimeout { get; set; } = TimeSpan.FromSeconds(30);

        /// <summary>Whether the callee's token is cancelled when the caller stops waiting.</summary>
        /// <value>Default false.</value>
        public bool CancelRequestOnTimeout { get; set; }

        /// <summary>Largest message between this process and another, in bytes. A larger one fails its call.</summary>
        /// <value>Default 100 MiB. Larger: one call may hold as much memory.</value>
        public int MaxMessageBodySize { get; set; } = 100 * 1024 * 1024;
    }

    /// <summary>Limits of messages between grains.</summary>
    public class SiloMessagingOptions : MessagingOptions
    {
        /// <summary>How many requests may wait for one activation; a further one fails with <see cref="LimitExceededException"/>.</summary>
        /// <value>Default 0: only the runtime's own bound of 1 000 000 holds.</value>
        public int MaxEnqueuedRequestsHardLimit { get; set; }
    }

    /// <summary>Limits of messages from clients.</summary>
    public class ClientMessagingOptions : MessagingOptions
    {
    }

    /// <summary>How activations run.</summary>
    public class SchedulingOptions
    {
        /// <summary>How long an activation may run turn after turn before others get the thread.</summary>
        /// <value>Default 100 ms. Longer: fewer thread changes, less fairness.</value>
        public TimeSpan ActivationSchedulingQuantum { get; set; } = TimeSpan.FromMilliseconds(100);

        /// <summary>How long one turn may run before it is reported: all other requests of the grain wait meanwhile, and a pool thread is taken.</summary>
        /// <value>Default 1 s; measured in steps of 100 ms. Longer: blocking code is noticed later.</value>
        public TimeSpan TurnWarningLengthThreshold { get; set; } = TimeSpan.FromSeconds(1);
    }

    /// <summary>When activations begin and end.</summary>
    public class GrainCollectionOptions
    {
        /// <summary>How long an activation may be idle before it is collected.</summary>
        /// <value>Default 15 min. Must be longer than <see cref="CollectionQuantum"/>.</value>
        public TimeSpan CollectionAge { get; set; } = TimeSpan.FromMinutes(15);

        /// <summary>Time between two searches for idle activations.</summary>
        /// <value>Default 1 min.</value>
        public TimeSpan CollectionQuantum { get; set; } = TimeSpan.FromMinutes(1);

        /// <summary>Ages for single grain classes, by the class's full name.</summary>
        public Dictionary<string, TimeSpan> ClassSpecificCollectionAge { get; set; } = [];

        /// <summary>How long activation may take before its token is cancelled.</summary>
        /// <value>Default 30 s.</value>
        public TimeSpan ActivationTimeout { get; set; } = TimeSpan.FromSeconds(30);

        /// <summary>How long deactivation may take, running requests included, before it is no longer waited for.</summary>
        /// <value>Default 30 s.</value>
        public TimeSpan DeactivationTimeout { get; set; } = TimeSpan.FromSeconds(30);
    }
}

namespace Orleans.Hosting
{
    /// <summary>How reminders run.</summary>
    public sealed class ReminderOptions
    {
        /// <summary>The shortest period that is taken.</summary>
        /// <value>Default 1 min.</value>
        public TimeSpan MinimumReminderPeriod { get; set; } = TimeSpan.FromMinutes(1);

        /// <summary>Time between two readings of the whole reminder table.</summary>
        /// <value>Default 5 min.</value>
        public TimeSpan RefreshReminderListPeriod { get; set; } = TimeSpan.FromMinutes(5);

        /// <summary>How long the reminder table may take to start.</summary>
        /// <value>Default 5 min.</value>
        public TimeSpan InitializationTimeout { get; set; } = TimeSpan.FromMinutes(5);
    }
}
