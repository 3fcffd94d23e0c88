namespace OrleansFlow.Streaming.Functions;

/// <summary>What an async function may ask for.</summary>
internal static class AsyncLimits
{
    /// <summary>Calls under way of a subtask at most.</summary>
    public const int InFlightMax = 10_000;

    /// <summary>How often a row is tried at most.</summary>
    public const int AttemptsMax = 100;
}
