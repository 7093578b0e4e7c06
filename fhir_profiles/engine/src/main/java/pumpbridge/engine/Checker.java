package pumpbridge.engine;

import ca.uhn.fhir.context.FhirContext;
import ca.uhn.fhir.context.support.IValidationSupport.IssueSeverity;
import ca.uhn.fhir.util.VersionUtil;
import ca.uhn.fhir.validation.FhirValidator;
import ca.uhn.fhir.validation.SingleValidationMessage;
import ca.uhn.fhir.validation.ValidationOptions;
import java.util.List;
import org.hl7.fhir.common.hapi.validation.support.CommonCodeSystemsTerminologyService;
import org.hl7.fhir.common.hapi.validation.support.InMemoryTerminologyServerValidationSupport;
import org.hl7.fhir.common.hapi.validation.support.SnapshotGeneratingValidationSupport;
import org.hl7.fhir.common.hapi.validation.support.UnknownCodeSystemWarningValidationSupport;
import org.hl7.fhir.common.hapi.validation.support.ValidationSupportChain;
import org.hl7.fhir.common.hapi.validation.validator.FhirInstanceValidator;

/**
 * Judges resources: the standard's own definitions, those given, and terminology in memory.
 *
 * <p>A code system that is in none of them gives a warning, not an error: nothing is asked of a server.
 */
final class Checker {

    /** What the parser says, such as an unknown element, has no name of its own. */
    private static final String PARSER = "structure";

    private final FhirValidator validator;

    Checker(Version version, Definitions definitions) {
        FhirContext context = version.context();
        UnknownCodeSystemWarningValidationSupport unknown = new UnknownCodeSystemWarningValidationSupport(context);
        unknown.setNonExistentCodeSystemSeverity(IssueSeverity.WARNING);
        ValidationSupportChain chain = new ValidationSupportChain(
                definitions,
                new Standard(version),
                new CommonCodeSystemsTerminologyService(context),
                new InMemoryTerminologyServerValidationSupport(context),
                new SnapshotGeneratingValidationSupport(context),
                unknown);
        FhirInstanceValidator engine = new FhirInstanceValidator(chain);
        engine.setAnyExtensionsAllowed(true);
        engine.setErrorForUnknownProfiles(true);
        engine.setAssumeValidRestReferences(true);
        validator = context.newValidator().registerValidatorModule(engine);
    }

    static String name() {
        return "HAPI FHIR " + VersionUtil.getVersion() + ", org.hl7.fhir.core "
                + org.hl7.fhir.utilities.VersionUtil.getVersion();
    }

    List<Issue> check(String resource, List<String> profiles) {
        ValidationOptions options = new ValidationOptions();
        profiles.forEach(options::addProfile);
        try {
            return validator.validateWithResult(resource, options).getMessages().stream().map(Checker::issue).toList();
        } catch (RuntimeException failure) {
            return List.of(new Issue("fatal", "engine", "", "the engine failed: " + failure));
        }
    }

    private static Issue issue(SingleValidationMessage said) {
        String severity = said.getSeverity() == null ? "error" : said.getSeverity().getCode();
        return new Issue(
                severity,
                or(said.getMessageId(), PARSER),
                or(said.getLocationString(), ""),
                or(said.getMessage(), ""));
    }

    private static String or(String text, String other) {
        return text == null || text.isEmpty() ? other : text;
    }
}
