using System.Collections.Frozen;
using Confluent.Kafka;
using OrleansFlow.Errors;
using OrleansFlow.Protocol.Streaming.Connectors.V1;
using OrleansFlow.Streaming.Connectors.Web;

namespace OrleansFlow.Streaming.Connectors.Kafka;

/// <summary>How clients of Kafka are told whom to ask, and what their errors mean.</summary>
internal static class KafkaClients
{
    /// <summary>How long one answer of a broker may take.</summary>
    public static readonly TimeSpan AnswerTimeout = TimeSpan.FromSeconds(30);

    // What the connector decides: with another value rows would be lost or come twice, or code would be loaded.
    private static readonly FrozenSet<string> Owned = FrozenSet.ToFrozenSet(
    [
        "bootstrap.servers", "metadata.broker.list", "group.id", "group.instance.id", "enable.auto.commit", "enable.auto.offset.store", "auto.offset.reset", "isolation.level", "enable.partition.eof",
        "transactional.id", "enable.idempotence", "acks", "request.required.acks", "plugin.library.paths", "allow.auto.create.topics", "group.protocol", "enable.sasl.oauthbearer.unsecure.jwt",
    ]);

    /// <summary>Whether a table may set a property of the client.</summary>
    public static bool IsFree(string property) => !Owned.Contains(property) && !property.StartsWith("test.", StringComparison.Ordinal) && !property.EndsWith("_cb", StringComparison.Ordinal);

    /// <summary>Properties with their secrets.</summary>
    /// <exception cref="FlowException">A secret is missing, or a property is not for tables (<see cref="FlowErrorCode.BadOption"/>).</exception>
    public static Dictionary<string, string> Properties(KafkaClient client, string operatorId)
    {
        var properties = new Dictionary<string, string>(StringComparer.Ordinal) { ["bootstrap.servers"] = client.Servers, ["client.id"] = $"orleansflow-{operatorId}" };
        foreach (var (name, value) in client.Properties)
        {
            properties[name] = IsFree(name)
                ? WebSecrets.Resolve(value, $"The option kafka.{name} of '{operatorId}'")
                : throw new FlowException(FlowErrorCode.BadOption, $"The option kafka.{name} of '{operatorId}' is decided by the connector. Leave it out.");
        }

        return properties;
    }

    /// <summary>Makes a client.</summary>
    /// <exception cref="FlowException">The library refuses a property (<see cref="FlowErrorCode.BadOption"/>); values, which may be secrets, are not told.</exception>
    public static TClient Make<TClient>(string operatorId, KafkaClient client, Func<TClient> make)
    {
        try
        {
            return make();
        }
        catch (Exception exception) when (exception is InvalidOperationException or ArgumentException or KafkaException)
        {
            var names = string.Join(", ", client.Properties.Keys.Where(name => exception.Message.Contains(name, StringComparison.Ordinal)).Select(name => $"kafka.{name}"));
            throw new FlowException(
                FlowErrorCode.BadOption, $"The client of Kafka of '{operatorId}' was not made; {(names.Length > 0 ? $"wrong or unknown: {names}" : "one of its properties is wrong")}. Properties are those of librdkafka.");
        }
    }

    /// <summary>Whether time does not help.</summary>
    public static bool IsRefusal(Error error) => error.Code is ErrorCode.Local_Authentication or ErrorCode.SaslAuthenticationFailed or ErrorCode.TopicAuthorizationFailed or ErrorCode.GroupAuthorizationFailed
        or ErrorCode.ClusterAuthorizationFailed or ErrorCode.TransactionalIdAuthorizationFailed or ErrorCode.UnknownTopicOrPart or ErrorCode.Local_UnknownTopic or ErrorCode.Local_UnknownPartition
        or ErrorCode.TopicException or ErrorCode.MsgSizeTooLarge or ErrorCode.InvalidRecord or ErrorCode.UnsupportedVersion or ErrorCode.Local_UnsupportedFeature or ErrorCode.PolicyViolation;

    /// <summary>What an error means for a job.</summary>
    public static FlowException Failed(string what, Error error, Exception? exception = null) => error.Code switch
    {
        ErrorCode.OffsetOutOfRange or ErrorCode.Local_AutoOffsetReset => new FlowException(
            FlowErrorCode.StateCorrupt, $"{what}: the topic has let go of records that were not read ({error.Reason}). No gap is passed over: begin anew, and keep records longer.", exception),
        _ => new FlowException(IsRefusal(error) ? FlowErrorCode.BadOption : FlowErrorCode.StoreUnavailable, $"{what}: {error.Reason} ({error.Code}).", exception),
    };
}
