using Microsoft.Extensions.Options;

namespace OrleansFlow.Silo.Security;

/// <summary>Checks the configured token; never repeats it.</summary>
internal sealed class GatewayAuthOptionsValidator : IValidateOptions<GatewayAuthOptions>
{
    /// <summary>Fewest characters of a configured token.</summary>
    public const int TokenCharsMin = 16;

    /// <summary>What is wrong with a token; null when nothing is.</summary>
    public static string? Fault(string? token) => token switch
    {
        null => null,
        { Length: < TokenCharsMin } => $"has {token.Length} characters; use at least {TokenCharsMin}",
        _ when token.AsSpan().ContainsAnyExceptInRange('!', '~') => "holds a blank or a character outside printable ASCII",
        _ => null,
    };

    public ValidateOptionsResult Validate(string? name, GatewayAuthOptions options) => Fault(options.Token) is { } fault
        ? ValidateOptionsResult.Fail($"{GatewayAuthOptions.SectionName}:{nameof(GatewayAuthOptions.Token)} {fault}.")
        : ValidateOptionsResult.Success;
}
