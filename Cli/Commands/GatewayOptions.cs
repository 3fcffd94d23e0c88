using System.CommandLine;
using Microsoft.Extensions.Options;
using OrleansFlow.Client;

namespace OrleansFlow.Cli.Commands;

/// <summary>The options by which every client command finds its gateway.</summary>
internal sealed class GatewayOptions
{
    private readonly Option<string?> _gateway = new("--gateway") { Description = "Gateway address, for example http://127.0.0.1:8420 (else FLOW_GATEWAY, else endpoints.json)." };
    private readonly Option<string?> _data = new("--data") { Description = "Data folder whose endpoints.json names the gateway (else FLOW_DATA, else .flow/data and .flow/demo)." };
    private readonly Option<string?> _token = new("--token") { Description = "Token for the gateway (else FLOW_TOKEN, else the one in endpoints.json)." };

    private GatewayOptions()
    {
    }

    public static GatewayOptions AddTo(Command command)
    {
        var options = new GatewayOptions();
        command.Options.Add(options._gateway);
        command.Options.Add(options._data);
        command.Options.Add(options._token);
        return options;
    }

    public FlowClient Connect(ParseResult parsed) => new(Options.Create(new FlowClientOptions
    {
        Gateway = parsed.GetValue(_gateway),
        DataFolder = parsed.GetValue(_data),
        Token = parsed.GetValue(_token),
    }));
}
