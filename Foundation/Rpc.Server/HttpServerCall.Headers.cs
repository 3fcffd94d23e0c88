using System.Globalization;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Primitives;

namespace OrleansFlow.Rpc.Server;

/// <content>What a call says before and after its messages.</content>
internal sealed partial class HttpServerCall
{
    /// <summary>Says how the call ended: in trailers, or in the headers when there is nothing before them.</summary>
    public void Finish(RpcStatus status, RpcMetadata? trailers)
    {
        IHeaderDictionary destination;
        if (_bodyBegun || _http.Response.HasStarted)
        {
            destination = _http.Features.GetRequiredFeature<IHttpResponseTrailersFeature>().Trailers;
        }
        else
        {
            destination = _http.Response.Headers;
            if (!_responseStarted)
            {
                _responseStarted = true;
                AppendMetadata(destination, Context.ResponseHeaders);
            }
        }

        WriteStatus(destination, status);
        AppendMetadata(destination, Context.ResponseTrailers);
        if (trailers is not null)
        {
            AppendMetadata(destination, trailers);
        }
    }

    internal static void WriteStatus(IHeaderDictionary destination, RpcStatus status)
    {
        destination["grpc-status"] = ((int)status.Code).ToString(CultureInfo.InvariantCulture);
        if (status.Message.Length > 0)
        {
            destination["grpc-message"] = RpcWireText.EncodeMessage(status.Message);
        }

        if (!status.Details.IsEmpty)
        {
            destination[RpcStatusDetails.TrailerName] = RpcWireText.EncodeBase64(status.Details.Span);
        }
    }

    private static void AppendMetadata(IHeaderDictionary destination, RpcMetadata metadata)
    {
        foreach (var entry in metadata)
        {
            var value = entry.IsBinary ? RpcWireText.EncodeBase64(entry.Bytes.Span) : entry.Value;
            destination[entry.Key] = StringValues.Concat(destination[entry.Key], value);
        }
    }
}
