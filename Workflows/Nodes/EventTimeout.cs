using OrleansFlow.Workflows.Definitions;

namespace OrleansFlow.Workflows.Nodes;

/// <summary>A wait that ended without what it was for. Another attempt would only wait again, and is not made.</summary>
internal static class EventTimeout
{
    public static NonRetryableException Of(string node, string what, TimeSpan waited)
    {
        var message = $"Node '{node}' waited {waited} for {what}, and none came.";
        return new(message, new TimeoutException(message));
    }
}
