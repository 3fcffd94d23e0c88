using Microsoft.Extensions.Options;
using OrleansFlow.Hosting;

namespace OrleansFlow.Silo.Gateway.Sessions;

/// <summary>Checks every option and names key, value and range of each that is wrong.</summary>
internal sealed class GatewaySessionOptionsValidator : IValidateOptions<GatewaySessionOptions>
{
    /// <inheritdoc/>
    public ValidateOptionsResult Validate(string? name, GatewaySessionOptions options)
    {
        string?[] faults =
        [
            OptionRange.Fault(GatewaySessionOptions.SectionName, nameof(options.RegisterTimeout), options.RegisterTimeout, TimeSpan.FromMilliseconds(100), TimeSpan.FromMinutes(5)),
            OptionRange.Fault(GatewaySessionOptions.SectionName, nameof(options.SessionsMax), options.SessionsMax, 1, 100_000),
            OptionRange.Fault(GatewaySessionOptions.SectionName, nameof(options.EffectsInFlightMax), options.EffectsInFlightMax, 1, 65_536),
            OptionRange.Fault(GatewaySessionOptions.SectionName, nameof(options.ReadersMax), options.ReadersMax, 1, 65_536),
            OptionRange.Fault(GatewaySessionOptions.SectionName, nameof(options.OutgoingMessagesMax), options.OutgoingMessagesMax, 1, 65_536),
        ];
        return faults.Any(fault => fault is not null) ? ValidateOptionsResult.Fail(faults.OfType<string>()) : ValidateOptionsResult.Success;
    }
}
