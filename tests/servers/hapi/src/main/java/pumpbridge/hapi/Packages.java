package pumpbridge.hapi;

import ca.uhn.fhir.jpa.packages.IPackageInstallerSvc;
import ca.uhn.fhir.jpa.packages.PackageInstallOutcomeJson;
import ca.uhn.fhir.jpa.packages.PackageInstallationSpec;
import jakarta.servlet.http.HttpServlet;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;

/**
 * Installs a FHIR package as a server's keeper would: POST /packages?name=…&version=… with its bytes.
 *
 * <p>Answers 200 and what the server's own installer did, a line each; 422 and its words where it refuses.
 */
final class Packages extends HttpServlet {

    private final transient IPackageInstallerSvc installer;

    Packages(IPackageInstallerSvc installer) {
        this.installer = installer;
    }

    @Override
    protected void doPost(HttpServletRequest request, HttpServletResponse response) throws IOException {
        PackageInstallationSpec wanted = new PackageInstallationSpec()
                .setName(request.getParameter("name"))
                .setVersion(request.getParameter("version"))
                .setInstallMode(PackageInstallationSpec.InstallModeEnum.STORE_AND_INSTALL)
                .setPackageContents(request.getInputStream().readAllBytes());
        response.setContentType("text/plain;charset=utf-8");
        try {
            PackageInstallOutcomeJson done = installer.install(wanted);
            for (String line : done.getMessage()) {
                response.getWriter().println(line);
            }
            done.getResourcesInstalled().forEach((type, count) -> say(response, type + " " + count));
        } catch (RuntimeException refused) {
            response.setStatus(422);
            response.getWriter().println(refused.getMessage());
        }
    }

    private static void say(HttpServletResponse response, String line) {
        try {
            response.getWriter().println(line);
        } catch (IOException gone) {
            throw new IllegalStateException(gone);
        }
    }
}
