using System.Globalization;
using Microsoft.Extensions.Options;

namespace OrleansFlow.Rpc.Server;

/// <summary>Checks every option and names key, value and range of each that is wrong.</summary>
internal sealed class RpcServerOptionsValidator : IValidateOptions<RpcServerOptions>
{
    /// <inheritdoc/>
    public ValidateOptionsResult Validate(string? name, RpcServerOptions options)
    {
        List<string> faults = [];
        Check(nameof(options.MaxReceiveMessageBytes), options.MaxReceiveMessageBytes, 1024, int.MaxValue);
        Check(nameof(options.MaxSendMessageBytes), options.MaxSendMessageBytes, 1024, int.MaxValue);
        Check(nameof(options.MaxConcurrentCalls), options.MaxConcurrentCalls, 1, 1_000_000);
        if (!Enum.IsDefined(options.ResponseCompression))
        {
            faults.Add($"{RpcServerOptions.SectionName}:{nameof(options.ResponseCompression)} is {options.ResponseCompression}; use one of {string.Join(", ", Enum.GetNames<RpcCompression>())}.");
        }

        Check(nameof(options.ShutdownGrace), options.ShutdownGrace, TimeSpan.Zero, TimeSpan.FromMinutes(5));
        Check(nameof(options.AbortGrace), options.AbortGrace, TimeSpan.FromMilliseconds(10), TimeSpan.FromMinutes(1));
        return faults.Count > 0 ? ValidateOptionsResult.Fail(faults) : ValidateOptionsResult.Success;

        // Foundation knows nothing of the other parts, so not OptionRange.
        void Check<T>(string key, T value, T min, T max)
            where T : IComparable<T>
        {
            if (value.CompareTo(min) < 0 || value.CompareTo(max) > 0)
            {
                faults.Add(string.Create(CultureInfo.InvariantCulture, $"{RpcServerOptions.SectionName}:{key} is {value}; use {min} to {max}."));
            }
        }
    }
}
