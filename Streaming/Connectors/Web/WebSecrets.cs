using System.Text.RegularExpressions;
using OrleansFlow.Errors;

namespace OrleansFlow.Streaming.Connectors.Web;

/// <summary>
/// Puts secrets of the worker in for <c>${NAME}</c>. They are the environment variables <c>FLOW_SECRET_NAME</c>, so that a text, which is stored and shown, never holds one,
/// and cannot read others of the worker.
/// </summary>
internal static partial class WebSecrets
{
    /// <summary>What the names of the environment variables begin with.</summary>
    public const string Prefix = "FLOW_SECRET_";

    /// <summary>The text with its secrets.</summary>
    /// <param name="text">What may name some.</param>
    /// <param name="what">Whose text it is, for the message.</param>
    /// <param name="variables">Finds an environment variable; null for those of the process.</param>
    /// <exception cref="FlowException">The worker does not have one (<see cref="FlowErrorCode.BadOption"/>).</exception>
    public static string Resolve(string text, string what, Func<string, string?>? variables = null) => Place().Replace(text, match =>
    {
        var name = Prefix + match.Groups[1].Value;
        return (variables ?? Environment.GetEnvironmentVariable)(name)
            ?? throw new FlowException(FlowErrorCode.BadOption, $"{what} names the secret {match.Value}, and the worker has no environment variable {name}. Set it where the worker is started.");
    });

    [GeneratedRegex(@"\$\{([A-Za-z0-9_]{1,100})\}")]
    private static partial Regex Place();
}
