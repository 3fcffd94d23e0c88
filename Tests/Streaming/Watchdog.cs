namespace OrleansFlow.Tests.Streaming;

internal static class Watchdog
{
    /// <summary>Far beyond what any test here takes; a test that reaches it hangs.</summary>
    public const int Milliseconds = 60_000;
}
