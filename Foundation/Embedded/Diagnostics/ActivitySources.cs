using System.Diagnostics;

namespace Orleans.Diagnostics;

/// <summary>The names of the runtime's trace sources, to be given to a tracer.</summary>
public static class ActivitySources
{
    /// <summary>Calls of the application's grains.</summary>
    public const string ApplicationGrainActivitySourceName = "Microsoft.Orleans.Application";

    /// <summary>Calls of the runtime's own grains and extensions.</summary>
    public const string RuntimeActivitySourceName = "Microsoft.Orleans.Runtime";

    /// <summary>Beginning and end of activations.</summary>
    public const string LifecycleActivitySourceName = "Microsoft.Orleans.Lifecycle";

    /// <summary>Reading and writing of grain state.</summary>
    public const string StorageActivitySourceName = "Microsoft.Orleans.Storage";

    /// <summary>Jobs of the durable jobs package, which the embedded runtime does not have.</summary>
    public const string DurableJobsActivitySourceName = "Microsoft.Orleans.DurableJobs";

    /// <summary>A pattern for all of them.</summary>
    public const string AllActivitySourceName = "Microsoft.Orleans.*";

    internal static ActivitySource ApplicationGrains { get; } = new(ApplicationGrainActivitySourceName, "1.1.0");

    internal static ActivitySource Runtime { get; } = new(RuntimeActivitySourceName, "1.1.0");
}
