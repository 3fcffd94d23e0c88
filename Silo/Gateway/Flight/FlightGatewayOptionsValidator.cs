using Microsoft.Extensions.Options;
using OrleansFlow.Flight;
using OrleansFlow.Hosting;

namespace OrleansFlow.Silo.Gateway.Flight;

/// <summary>Checks every option and names key, value and range of each that is wrong.</summary>
internal sealed class FlightGatewayOptionsValidator : IValidateOptions<FlightGatewayOptions>
{
    /// <inheritdoc/>
    public ValidateOptionsResult Validate(string? name, FlightGatewayOptions options)
    {
        string?[] faults =
        [
            OptionRange.Fault(FlightGatewayOptions.SectionName, nameof(options.TicketLifetime), options.TicketLifetime, TimeSpan.FromSeconds(1), TimeSpan.FromDays(30)),
            OptionRange.Fault(FlightGatewayOptions.SectionName, nameof(options.UploadBytesMax), options.UploadBytesMax, 1024, 16L * 1024 * 1024 * 1024 * 1024),
            OptionRange.Fault(FlightGatewayOptions.SectionName, nameof(options.ListedRunsMax), options.ListedRunsMax, 1, 1_000),
            OptionRange.Fault(FlightGatewayOptions.SectionName, nameof(options.MessageBytesMax), options.MessageBytesMax, FlightOptions.MessageBytesMinLimit, FlightOptions.NoMessageLimit),
        ];
        return faults.Any(fault => fault is not null) ? ValidateOptionsResult.Fail(faults.OfType<string>()) : ValidateOptionsResult.Success;
    }
}
