using System.Net;
using Microsoft.Extensions.Options;
using OrleansFlow.Hosting;

namespace OrleansFlow.Worker.Data;

/// <summary>Checks every option at start and names each that is wrong: key, value, range.</summary>
internal sealed class WorkerDataOptionsValidator : IValidateOptions<WorkerDataOptions>
{
    public ValidateOptionsResult Validate(string? name, WorkerDataOptions options)
    {
        const string Section = WorkerDataOptions.SectionName;
        List<string?> faults =
        [
            OptionRange.Fault(Section, nameof(options.Port), options.Port, 0, IPEndPoint.MaxPort),
            OptionRange.Fault(Section, nameof(options.ExchangePort), options.ExchangePort, 0, IPEndPoint.MaxPort),
            OptionRange.Fault(Section, nameof(options.PublicPort), options.PublicPort ?? 1, 1, IPEndPoint.MaxPort),
        ];
        if (options.Port != 0 && options.Port == options.ExchangePort)
        {
            faults.Add($"{Section}:{nameof(options.Port)} and {Section}:{nameof(options.ExchangePort)} are both {options.Port}; the two listeners need different ports.");
        }

        if (!IPAddress.TryParse(options.BindAddress, out var address))
        {
            faults.Add($"{Section}:{nameof(options.BindAddress)} is '{options.BindAddress}'; use the number of an interface, as 127.0.0.1 or 0.0.0.0.");
        }
        else if (!IPAddress.IsLoopback(address) && options.TlsCertificatePath is null && !options.Insecure)
        {
            faults.Add(
                $"{Section}:{nameof(options.BindAddress)} is {address}, which other machines reach, without TLS. Set {nameof(options.TlsCertificatePath)}, listen on 127.0.0.1, or set {nameof(options.Insecure)}.");
        }

        if (options.PublicHost is { } host && Uri.CheckHostName(host) == UriHostNameType.Unknown)
        {
            faults.Add($"{Section}:{nameof(options.PublicHost)} is '{host}'; use the name or number of a host.");
        }

        if (options.TlsCertificatePath is { } path && !File.Exists(path))
        {
            faults.Add($"{Section}:{nameof(options.TlsCertificatePath)} '{path}' does not exist.");
        }

        var found = faults.OfType<string>().ToList();
        return found.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(found);
    }
}
