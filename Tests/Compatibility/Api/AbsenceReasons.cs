using System.Text.RegularExpressions;

namespace OrleansFlow.Tests.Compatibility.Api;

/// <summary>Why something of Orleans is not in the embedded runtime. The first pattern that matches <c>Type</c> or <c>Type: member</c> gives the reason.</summary>
internal static class AbsenceReasons
{
    private static readonly (string Pattern, string Reason)[] Table =
    [
        (@"SerializationInfo", "Formatter-based serialization is obsolete in .NET; the exceptions cross grain boundaries without it."),
        (@"^Orleans\.TestingHost\.(ConnectionTransportType|StandaloneSilo|UnixSocketTransport)|: ?.*ConnectionTransport", "Silos of the embedded runtime live in the test's process and speak over no transport."),
        (@"^Orleans\.TestingHost\.TestClusterHostFactory|CreateSiloAsync|: (property )?CreateSilo|InProcessSiloHandle: CreateAsync", "A test cluster makes its own hosts: a silo from elsewhere could not join it."),
        (@"^Orleans\.TestingHost\.(FaultInjection|IStorageFaultGrain|StorageFaultGrain|RandomlyInjected|SiloBuilderExtensions)|FaultInjectionStorage", "Register a storage of the test that fails, or use the simulation, which draws faults from a seed."),
        (@"^Orleans\.TestingHost\.(Logging|Utils|Diagnostics)|GetLog|TimeProviderTesting", "A helper of Orleans' own tests; add a logger, or a TimeProvider, to the hosts."),
        (@"^Orleans\.TestingHost\.", "A variant of a member that is here, obsolete in Orleans or without a meaning in one process."),
        (@"^Orleans\.(Versions|IVersionManager)", "One process has one version of every grain interface."),
        (@"^Orleans\.(Placement|Runtime\..*Placement)", "Placement filters and strategies of one's own need more than one process."),
        (@"^Orleans\.(GrainDirectory|ILocalActivationStatusChecker)|GrainAddressCacheUpdate|DistributedGrainDirectory|MembershipVersion|GetDeterministic|ToFullString", "The silos of one process share one directory in memory."),
        (@"^Orleans\.Metadata\.|AttributeGrainInterfaceTypeProvider|IGrainInterfaceTypeProvider|: Populate\(|: Initialize\(|PopulateGrainProperties|GetBindings", "Grain classes are found by the generator's module, not by a manifest that providers fill."),
        (@"^Orleans\.Statistics\.", "Placement and load shedding by statistics need more than one process."),
        (@"^Orleans\.(CodeGeneration|Runtime\.(.*Request|IAsyncEnumerable|EnumerationResult|GrainReferenceShared|GrainReference:))|InvokeMethodOptions|: (Invoke|GetInvokable)|IInvokable|CodecProvider|CopyContextPool", "Internals of Orleans' generated references; ours are written by Embedded.CodeGen."),
        (@"^Orleans\.(Serialization|.*Codec|Runtime\..*Converter)|Serializers\.|^Orleans\.Runtime\.Serialization", "Orleans' wire format is not used; what users may implement of it (IConverter, IPopulator) is here."),
        (@"^Orleans\.Runtime\.(LegacyGrainId|UniqueKey|SystemTarget|ISystemTarget|GrainTypePrefix|GuidId)|^Orleans\.(ISystemTarget|StableHash)|Unsafe|GetUniformHashCodes|ToStringWithHashCode|IsSuccessorOf|IsPredecessorOf|FromUtf8String|CreateIntegerKey|CreateGuidKey", "Internals of Orleans' identities and membership."),
        (@"Rehydrat|Dehydrat|Migrat", "An activation that moves is made anew from its stored state; nothing is carried over."),
        (@"^Orleans\.Runtime\.IGrainReferenceRuntime|GrainReferenceNotBound|ClientNotAvailable|GatewayTooBusy|WrappedException", "Failures and seams of Orleans' own messaging."),
        (@"^Orleans\.(Providers\.LogConsistency|LogConsistency)|LogConsistencyProvider", "Journaled grains are not part of the embedded runtime."),
        (@"^Orleans\.Core\.Internal\.|^Orleans\.Runtime\.(LogFormatter|Utils)|^Orleans\.(ErrorCode|PublicOrleansTaskExtensions)", "Helpers of Orleans' own code."),
        (@"^Orleans\.GrainFactoryExtensions|ImmutableExtensions|^Orleans\.GrainCallFilterDelegate|IProviderBuilder|IGrainInterfacePropertiesProvider", "A second spelling of something that is here, or a seam of Orleans' own providers."),
        (@": (Parse|TryParse)", "An overload; the one with a format provider is here."),
        (@"^Microsoft\.|^Orleans\.Hosting\.|^Orleans\.Configuration\.", "A host setting whose subject (network clustering, transport, load) one process does not have."),
    ];

    public static string? For(string subject) => Array.Find(Table, row => Regex.IsMatch(subject, row.Pattern)).Reason;
}
