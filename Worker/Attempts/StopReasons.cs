namespace OrleansFlow.Worker.Attempts;

/// <summary>Why a worker itself stops an attempt, beside the error codes.</summary>
internal static class StopReasons
{
    /// <summary>The worker takes no more work.</summary>
    public const string Drain = "drain";

    /// <summary>The worker's process ends.</summary>
    public const string Shutdown = "shutdown";
}
